import type { ModelWire, RemoteRecord } from '../ports/transport.ts';
import { addressOf } from './address.ts';
import { dataIn, isNoMatch, recordIn } from './data.ts';
import { type Heard, hasBadId, idOf, nothing, remoteFrom } from './heard.ts';
import { wrapped } from './listAddress.ts';
import { meaningOf } from './meanings.ts';
import type { Settings } from './settings.ts';
import type { Way } from './ways.ts';
import type { Outgoing } from './wire.ts';

/** The request for one record. */
export function readRequest(way: Way, model: ModelWire, serverId: string): Outgoing {
  const { url = '{endpoint}/{id}', urlParameters = {}, method = 'GET', headers = {} } = way;
  const own: Readonly<Record<string, string>> = {
    endpoint: model.endpoint,
    model: model.name,
    id: serverId,
  };
  const address = addressOf(url, urlParameters, (name) =>
    Object.hasOwn(own, name) ? own[name] : undefined,
  );
  const sent = { method, ...address, headers, timeout: way.timeoutMillis };
  if (method === 'GET') return sent;
  const body = JSON.stringify(wrapped({}, way));
  return { ...sent, headers: { 'content-type': 'application/json', ...headers }, body };
}

export interface Reading {
  readonly model: ModelWire;
  readonly serverId: string;
  readonly way: Way;
  readonly settings: Pick<Settings, 'versioning' | 'answerLimit'>;
  readonly heard: Heard;
}

/** The record as it stands; `unsure` if there is none, or no such address; null if nobody can say. */
export function readAnswer(reading: Reading): RemoteRecord | 'unsure' | null {
  const { model, serverId, way, settings, heard } = reading;
  const meaning = meaningOf(heard.status);
  if (meaning === 'gone') return nothing;
  if (meaning === 'notFound') return 'unsure';
  if (meaning !== 'done') return null;
  const data = dataIn(heard.body, way, settings.answerLimit);
  // Some servers say `null`, not 404, of what is not there.
  const { body } = heard;
  const isNull = [body, data].some((said) => 'value' in said && said.value === null);
  if (isNull || isNoMatch(data, way)) return nothing;
  const record = data.kind === 'data' ? recordIn(data.value, model, way) : null;
  if (!record || hasBadId(record)) return null;
  const id = idOf(record);
  if (id !== null && id !== serverId) return null;
  const { versioning } = settings;
  return remoteFrom(record, heard, { versioning, versionField: model.versionField });
}
