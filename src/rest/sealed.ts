import { isJsonObject, type JsonObject } from '../../store/json.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import type { ModelWire } from '../ports/transport.ts';
import type { Way } from './ways.ts';

/** The id that the answer to a request may speak of; null if any (the server makes it). */
export function expectedId(request: SealedRequest, model: ModelWire): string | null {
  const noted = request.notes?.id;
  if (typeof noted === 'string') return noted;
  if (request.kind === 'create') {
    const id = model.ids === 'client' ? bodyOf(request).id : null;
    return typeof id === 'string' ? id : null;
  }
  const last = request.path.slice(request.path.lastIndexOf('/') + 1);
  return decodeURIComponent(last);
}

/** The record that a request carried. */
export function sentRecord(request: SealedRequest, { topLevelKey }: Way): JsonObject {
  const noted = request.notes?.record;
  if (isJsonObject(noted)) return noted;
  const body = bodyOf(request);
  const inner = topLevelKey === undefined ? body : body[topLevelKey];
  return isJsonObject(inner) ? inner : {};
}

function bodyOf(request: SealedRequest): JsonObject {
  const body: unknown = JSON.parse(request.body ?? 'null');
  return isJsonObject(body) ? body : {};
}
