import { type Answer, problem } from './answer.ts';
import { applyWrite } from './applyWrite.ts';
import type { CollectionConfig } from './collections.ts';
import type { ReferenceDatabase } from './database.ts';
import { isTagList } from './entityTags.ts';
import type { HttpContext } from './httpEnv.ts';
import { parseKey } from './operationKey.ts';
import type { WriteMethod } from './writeRequest.ts';

const ACCEPTED = {
  POST: ['application/json'],
  PUT: ['application/json'],
  PATCH: ['application/merge-patch+json', 'application/json'],
} as const;

/** What HTTP alone can say against a write; undefined when nothing. */
function refuseHeaders(c: HttpContext, method: WriteMethod): Answer | undefined {
  const ifMatch = c.req.header('If-Match');
  if (ifMatch !== undefined && !isTagList(ifMatch)) {
    return problem(400, 'bad-precondition', 'If-Match is * or a list of quoted entity tags.');
  }
  if (method === 'DELETE') return undefined;
  const type = c.req.header('Content-Type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const accepted: readonly string[] = ACCEPTED[method];
  if (accepted.includes(type)) return undefined;
  const title = `Send ${accepted.join(' or ')}.`;
  const headers = { [method === 'PATCH' ? 'Accept-Patch' : 'Accept']: accepted.join(', ') };
  return problem(415, 'unsupported-content-type', title, {}, headers);
}

/** Takes a write from HTTP into the form that the rest of the server knows. */
export function httpWrite(
  c: HttpContext,
  database: ReferenceDatabase,
  target: { method: WriteMethod; collection: CollectionConfig; id: string | undefined },
): Answer {
  const refused = refuseHeaders(c, target.method);
  if (refused !== undefined) return refused;
  const key = c.req.header('Idempotency-Key');
  return applyWrite(database, {
    ...target,
    key: key === undefined ? undefined : parseKey(key),
    ifMatch: c.req.header('If-Match'),
    body: c.get('body'),
  });
}
