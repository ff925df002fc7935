import { isJsonObject, type Json, type JsonObject } from '../../store/json.ts';
import type { ModelWire } from '../ports/transport.ts';
import { namesByQuery } from './address.ts';
import { type Body, jsonBody } from './answerBody.ts';
import { idOf } from './heard.ts';
import { valueAt, type Way } from './ways.ts';

/** What an answer is about, out of its wrapping. */
export type Data =
  | { readonly kind: 'none' }
  | { readonly kind: 'data'; readonly value: Json }
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * The data under `responseDataKey`, through `responseTransformer`; of at most `limit` characters.
 * @param cursor that a page was asked from
 */
export function dataIn(body: Body, way: Way, limit: number, cursor: string | null = null): Data {
  if (body.kind === 'unreadable') return body;
  if (body.kind !== 'json') return { kind: 'none' };
  const { responseDataKey, responseTransformer } = way;
  const value = responseDataKey ? (valueAt(body.value, responseDataKey) as Json) : body.value;
  if (value === undefined) {
    return { kind: 'unreadable', reason: `the answer has nothing under "${responseDataKey}"` };
  }
  if (!responseTransformer) return { kind: 'data', value };
  let made: unknown;
  try {
    made = responseTransformer(value, cursor);
  } catch {
    return { kind: 'unreadable', reason: 'responseTransformer threw an error' };
  }
  if (made === undefined || made === null) return { kind: 'none' };
  const kept = jsonBody(made, limit);
  if (kept.kind === 'json') return { kind: 'data', value: kept.value };
  return { kind: 'unreadable', reason: 'responseTransformer made what no record can hold' };
}

/** Names under which servers hand out one record. */
const recordNames = ['data', 'record', 'item', 'result'] as const;

/**
 * The record in an answer's data: itself, alone in a list, or under a usual name. Null if it is
 * none that can be told from any other word of the server's; where the model says where its data
 * stands, it is believed.
 */
export function recordIn(value: Json, model: ModelWire, way: Way): JsonObject | null {
  const list = Array.isArray(value) ? (value as readonly Json[]) : null;
  const only = list?.length === 1 ? list[0] : value;
  if (!isJsonObject(only)) return null;
  if (idOf(only) !== null || way.responseDataKey || way.responseTransformer) return only;
  for (const name of [...recordNames, model.name]) {
    const inner = Object.hasOwn(only, name) ? only[name] : undefined;
    if (isJsonObject(inner) && idOf(inner) !== null) return inner;
  }
  return null;
}

/** Whether a record was asked for by a query, and nothing matched it. */
export function isNoMatch(data: Data, { url = '{endpoint}/{id}', urlParameters }: Way): boolean {
  if (data.kind !== 'data' || !Array.isArray(data.value) || data.value.length > 0) return false;
  return namesByQuery(url, urlParameters);
}
