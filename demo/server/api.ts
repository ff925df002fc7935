import { Hono } from 'hono';
import { type Answer, problem, send } from './answer.ts';
import type { CollectionConfig } from './collections.ts';
import { cors } from './cors.ts';
import type { ReferenceDatabase } from './database.ts';
import { type HttpContext, type HttpEnv, rawPath } from './httpEnv.ts';
import { httpWrite } from './httpWrite.ts';
import { decodeSegment, isId } from './ids.ts';
import { oneAtATime } from './operationKey.ts';
import { readChanges, readRecord } from './reads.ts';
import { requestBody } from './requestBody.ts';
import type { Trouble } from './trouble.ts';
import { withTrouble } from './troubleMiddleware.ts';

export interface ApiOptions {
  readonly database: ReferenceDatabase;
  readonly collections: readonly CollectionConfig[];
  readonly trouble: Trouble;
  /** Aborted when the server closes, so that delayed requests do not outlive it. */
  readonly closing: AbortSignal;
}

function notFound(): Answer {
  return problem(404, 'unknown-path', 'There is nothing at this path.');
}

function methodNotAllowed(allow: string): Answer {
  return problem(405, 'method-not-allowed', `Allowed here: ${allow}.`, {}, { Allow: allow });
}

/** The REST API: routes only. What a write does is in decideWrite, how often in applyWrite. */
export function createApi({ database, collections, trouble, closing }: ApiOptions): Hono<HttpEnv> {
  const byName = new Map(collections.map((each) => [each.name, each]));

  function onCollection(c: HttpContext, collection: CollectionConfig): Answer {
    const { method } = c.req;
    if (method === 'GET') {
      const query = { since: c.req.query('since'), limit: c.req.query('limit') };
      return readChanges(database, collection.name, query);
    }
    if (method === 'POST') return httpWrite(c, database, { method, collection, id: undefined });
    return methodNotAllowed('GET, HEAD, POST, OPTIONS');
  }

  function onRecord(c: HttpContext, collection: CollectionConfig, segment: string): Answer {
    const id = decodeSegment(segment);
    if (!isId(id)) return problem(400, 'bad-id', 'An id has 1 to 200 characters and is no dot.');
    const { method } = c.req;
    if (method === 'GET') {
      return readRecord(database, collection.name, id, c.req.header('If-None-Match'));
    }
    if (method === 'PATCH' || method === 'PUT' || method === 'DELETE') {
      return httpWrite(c, database, { method, collection, id });
    }
    return methodNotAllowed('GET, HEAD, PUT, PATCH, DELETE, OPTIONS');
  }

  /** Splits the path itself: a router would decode it first and lose what was sent. */
  function route(c: HttpContext): Answer {
    const [, name = '', id, ...rest] = c.req.path.split('/');
    const collection = byName.get(decodeSegment(name) ?? '');
    if (collection === undefined || rest.length > 0 || id === '') return notFound();
    return id === undefined ? onCollection(c, collection) : onRecord(c, collection, id);
  }

  const app = new Hono<HttpEnv>({
    getPath: (request, options) => rawPath(request, options?.env),
  });
  app.use(cors, requestBody, oneAtATime(), withTrouble(trouble, closing));
  app.all('*', (c) => send(c, route(c)));
  app.onError((error, c) => {
    console.error(error);
    return send(c, problem(500, 'internal', 'The server made a mistake.'));
  });
  return app;
}
