import { problem, send } from './answer.ts';
import { hangUp, isWrite, type Middleware } from './httpEnv.ts';
import { malformed } from './refusals.ts';

const MAX_BYTES = 1024 * 1024;

/** Undefined when the body is longer than allowed; no more than the limit is ever held. */
async function readBytes(request: Request): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get('Content-Length') ?? 0) > MAX_BYTES) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads the body of a write once, for all who look at it after. */
export const requestBody: Middleware = async (c, next) => {
  if (!isWrite(c.req.method)) return next();
  const bytes = await readBytes(c.req.raw).catch(() => null);
  // The client went away half way: there is nobody to answer, and no mistake of ours to report.
  if (bytes === null) return hangUp(c);
  if (bytes === undefined) {
    return send(c, problem(413, 'body-too-large', 'A body has at most 1 MB.'));
  }
  try {
    c.set('body', new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return send(c, malformed('The body is not valid UTF-8.'));
  }
  return next();
};
