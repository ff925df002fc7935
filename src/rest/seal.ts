import { type Json, mergePatchOf } from '../../store/json.ts';
import type { Intent } from '../../store/seal.ts';
import type { ModelWire, WireRequest } from '../ports/transport.ts';

/** A path under the base URL; every id is one segment. */
export function recordPath(model: ModelWire, serverId: string): string {
  return `${model.endpoint}/${encodeURIComponent(serverId)}`;
}

/** Weak validators never match (RFC 9110, 13.1.1): they are not sent. */
function strong(version: string | null): string | null {
  return version !== null && !version.startsWith('W/') ? version : null;
}

/**
 * The request that an intent becomes: POST the record, PATCH the changed fields as a merge patch
 * (RFC 7396), or PUT the whole where nulls mean something; DELETE.
 */
export function sealRequest(intent: Intent, model: ModelWire): WireRequest {
  const serverId = intent.alias ?? intent.recordId;
  const ifMatch = strong(intent.version);
  switch (intent.kind) {
    case 'create': {
      const { id: _, ...withoutId } = intent.changes;
      const record =
        model.ids === 'server' ? withoutId : { ...intent.changes, id: intent.recordId };
      return {
        method: 'POST',
        path: model.endpoint,
        query: '',
        contentType: 'application/json',
        body: JSON.stringify(record),
        ifMatch: null,
      };
    }
    case 'update':
      return {
        method: model.nulls === 'meaningful' ? 'PUT' : 'PATCH',
        path: recordPath(model, serverId),
        query: '',
        contentType:
          model.nulls === 'meaningful' ? 'application/json' : 'application/merge-patch+json',
        body: JSON.stringify(
          model.nulls === 'meaningful'
            ? { ...intent.base, ...intent.changes, id: serverId }
            : patchOf(intent),
        ),
        ifMatch,
      };
    case 'delete':
      return {
        method: 'DELETE',
        path: recordPath(model, serverId),
        query: '',
        contentType: null,
        body: null,
        ifMatch,
      };
  }
}

/** Field by field; a field is sent as given even if it equals the base. */
function patchOf(intent: Intent): Record<string, Json> {
  const patch: Record<string, Json> = {};
  for (const field of Object.keys(intent.changes)) {
    if (field === 'id') continue;
    const from = intent.base && Object.hasOwn(intent.base, field) ? intent.base[field] : undefined;
    patch[field] = mergePatchOf(from, intent.changes[field] as Json);
  }
  return patch;
}
