import { type Answer, problem } from './answer.ts';
import { applyWrite } from './applyWrite.ts';
import type { CollectionConfig } from './collections.ts';
import type { ReferenceDatabase } from './database.ts';
import { isTagList } from './entityTags.ts';
import type { HttpContext } from './httpEnv.ts';
import { parseKey } from './operationKey.ts';
import type { WriteMethod, WriteRequest } from './writeRequest.ts';

const ACCEPTED = {
  POST: ['application/json'],
  PUT: ['application/json'],
  PATCH: ['application/merge-patch+json', 'application/json'],
} as const;

/** A write with what HTTP says of it besides. */
export interface HttpWrite extends WriteRequest {
  readonly contentType: string | undefined;
}

/** What HTTP alone can say against a write; undefined when nothing. */
function refuseHeaders({ method, ifMatch, contentType }: HttpWrite): Answer | undefined {
  if (ifMatch !== undefined && !isTagList(ifMatch)) {
    return problem(400, 'bad-precondition', 'If-Match is * or a list of quoted entity tags.');
  }
  if (method === 'DELETE') return undefined;
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const accepted: readonly string[] = ACCEPTED[method];
  if (accepted.includes(type)) return undefined;
  const title = `Send ${accepted.join(' or ')}.`;
  const headers = { [method === 'PATCH' ? 'Accept-Patch' : 'Accept']: accepted.join(', ') };
  return problem(415, 'unsupported-content-type', title, {}, headers);
}

export function applyHttpWrite(database: ReferenceDatabase, write: HttpWrite): Answer {
  const { contentType: _, ...request } = write;
  return refuseHeaders(write) ?? applyWrite(database, request);
}

/** Takes a write from HTTP into the form that the rest of the server knows. */
export function httpWrite(
  c: HttpContext,
  database: ReferenceDatabase,
  target: { method: WriteMethod; collection: CollectionConfig; id: string | undefined },
): Answer {
  const key = c.req.header('Idempotency-Key');
  return applyHttpWrite(database, {
    ...target,
    key: key === undefined ? undefined : parseKey(key),
    ifMatch: c.req.header('If-Match'),
    contentType: c.req.header('Content-Type'),
    body: c.get('body'),
  });
}
