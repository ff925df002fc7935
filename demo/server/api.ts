import { Hono } from 'hono';
import { type Answer, internalError, problem, send } from './answer.ts';
import { auth } from './auth.ts';
import { BATCH_PATH, batchAnswer, keysOfBatch } from './batch.ts';
import { type BatchOperation, parseBatch } from './batchRequest.ts';
import type { CollectionConfig } from './collections.ts';
import { cors } from './cors.ts';
import type { ReferenceDatabase } from './database.ts';
import { type HttpContext, type HttpEnv, rawPath } from './httpEnv.ts';
import { applyHttpWrite, httpWrite } from './httpWrite.ts';
import { decodeSegment, isId } from './ids.ts';
import { oneAtATime } from './keysUnderWay.ts';
import { readList, readRecord } from './reads.ts';
import { requestBody } from './requestBody.ts';
import type { Tokens } from './tokens.ts';
import type { Trouble } from './trouble.ts';
import { refusalOf, withTrouble } from './troubleMiddleware.ts';

export interface ApiOptions {
  readonly database: ReferenceDatabase;
  readonly collections: readonly CollectionConfig[];
  readonly trouble: Trouble;
  readonly tokens: Tokens;
  /** Aborted when the server closes, so that delayed requests do not outlive it. */
  readonly closing: AbortSignal;
}

function notFound(): Answer {
  return problem(404, 'unknown-path', 'There is nothing at this path.');
}

function badId(): Answer {
  return problem(400, 'bad-id', 'An id has 1 to 200 characters and is no dot.');
}

function isBatch(c: HttpContext): boolean {
  return c.req.path === BATCH_PATH;
}

function methodNotAllowed(allow: string): Answer {
  return problem(405, 'method-not-allowed', `Allowed here: ${allow}.`, {}, { Allow: allow });
}

/** The names in a path: split first, decoded then, so that an id may hold a slash. */
function segmentsOf(path: string): { name: string; id: string | undefined } | undefined {
  const [, name = '', id, ...rest] = path.split('/');
  if (rest.length > 0 || id === '') return undefined;
  return { name: decodeSegment(name) ?? '', id };
}

/** The REST API: routes only. What a write does is in decideWrite, how often in applyWrite. */
export function createApi(options: ApiOptions): Hono<HttpEnv> {
  const { database, collections, trouble, tokens, closing } = options;
  const byName = new Map(collections.map((each) => [each.name, each]));

  function onCollection(c: HttpContext, collection: CollectionConfig): Answer {
    const { method } = c.req;
    if (method === 'GET') return readList(database, collection.name, c.req.queries());
    if (method === 'POST') return httpWrite(c, database, { method, collection, id: undefined });
    return methodNotAllowed('GET, HEAD, POST, OPTIONS');
  }

  function onRecord(c: HttpContext, collection: CollectionConfig, segment: string): Answer {
    const id = decodeSegment(segment);
    if (!isId(id)) return badId();
    const { method } = c.req;
    if (method === 'GET') {
      return readRecord(database, collection.name, id, c.req.header('If-None-Match'));
    }
    if (method === 'PATCH' || method === 'PUT' || method === 'DELETE') {
      return httpWrite(c, database, { method, collection, id });
    }
    return methodNotAllowed('GET, HEAD, PUT, PATCH, DELETE, OPTIONS');
  }

  /** An operation of a batch, as if it had come by itself. */
  function onOperation(operation: BatchOperation): Answer {
    const { operationId: key, method, path, ifMatch, contentType, body } = operation;
    const segments = segmentsOf(`/${path.replace(/^\//, '').split('?', 1)[0]}`);
    const collection = byName.get(segments?.name ?? '');
    if (segments === undefined || collection === undefined) return notFound();
    const id = segments.id === undefined ? undefined : decodeSegment(segments.id);
    if (segments.id !== undefined && !isId(id)) return badId();
    if ((method === 'POST') !== (id === undefined)) return methodNotAllowed('another method');
    const write = { method, collection, id, key, ifMatch, contentType, body };
    return refusalOf(trouble.knobs, write) ?? applyHttpWrite(database, write);
  }

  function onBatch(c: HttpContext): Answer {
    if (c.req.method !== 'POST') return methodNotAllowed('POST, OPTIONS');
    const { batchAttempts } = trouble.knobs;
    const attempts = batchAttempts < 0 ? Number.POSITIVE_INFINITY : batchAttempts;
    const options = { write: onOperation, busy: c.get('busy'), attempts };
    return batchAnswer(database, c.get('batch'), options);
  }

  /** Splits the path itself: a router would decode it first and lose what was sent. */
  function route(c: HttpContext): Answer {
    if (isBatch(c)) return onBatch(c);
    const segments = segmentsOf(c.req.path);
    const collection = byName.get(segments?.name ?? '');
    if (segments === undefined || collection === undefined) return notFound();
    const { id } = segments;
    return id === undefined ? onCollection(c, collection) : onRecord(c, collection, id);
  }

  const app = new Hono<HttpEnv>({
    getPath: (request, options) => rawPath(request, options?.env),
  });
  function keysOf(c: HttpContext): readonly string[] {
    if (!isBatch(c) || c.req.method !== 'POST') return [];
    const batch = parseBatch(c.get('body'));
    c.set('batch', batch);
    return keysOfBatch(batch);
  }
  app.use(
    cors,
    requestBody,
    auth(tokens, () => trouble.knobs.auth),
    oneAtATime(keysOf),
    withTrouble(trouble, closing, isBatch),
  );
  app.all('*', (c) => send(c, route(c)));
  app.onError((error, c) => {
    console.error(error);
    return send(c, internalError());
  });
  return app;
}
