import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { type Answer, json, problem, send } from './answer.ts';
import { applyWrite } from './applyWrite.ts';
import type { CollectionConfig } from './collections.ts';
import { cors } from './cors.ts';
import type { ReferenceDatabase } from './database.ts';
import type { HttpEnv } from './httpEnv.ts';
import { isId } from './ids.ts';
import { isObject, JsonRefused, parseJson } from './json.ts';
import type { Line } from './line.ts';
import { malformed } from './refusals.ts';
import { requestBody } from './requestBody.ts';
import type { Tokens } from './tokens.ts';
import type { Trouble } from './trouble.ts';
import { parseTrouble, TroubleRefused } from './troubleInput.ts';

export interface ControlOptions {
  readonly database: ReferenceDatabase;
  readonly collections: readonly CollectionConfig[];
  readonly trouble: Trouble;
  readonly tokens: Tokens;
  readonly lines: ReadonlyMap<string, Line>;
  readonly apiUrl: string;
}

const DEFAULT_LEDGER = 50;

function countOf(text: string | undefined, fallback: number): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : fallback;
}

function badRequest(detail: string): Answer {
  return problem(400, 'bad-control', 'The control request cannot be carried out.', { detail });
}

/**
 * What a spectator sees and turns. It lives on the page's port, so that it stays
 * reachable while the API's line is cut.
 */
export function createControl(options: ControlOptions): Hono<HttpEnv> {
  const { database, collections, trouble, tokens, lines, apiUrl } = options;

  function rowsOf(collection: string) {
    return database.records.all(collection).map(({ id, record, version, lastOperationId }) => {
      return { id, record, version, deleted: record === null, lastOperationId };
    });
  }

  /** Someone else's edit: a PATCH like any other, under a key of its own. */
  function edit(body: string): Answer {
    const input = parseJson(body);
    if (!isObject(input)) return badRequest('Send { collection, id, changes }.');
    const { collection: name, id, changes } = input;
    const collection = collections.find((each) => each.name === name);
    if (collection === undefined) return badRequest('There is no such collection.');
    if (!isId(id) || !isObject(changes)) return badRequest('Send { collection, id, changes }.');
    return applyWrite(database, {
      method: 'PATCH',
      collection,
      id,
      key: `edit-${randomUUID()}`,
      ifMatch: undefined,
      body: JSON.stringify(changes),
    });
  }

  /** Someone else's delete, likewise. */
  function remove(body: string): Answer {
    const input = parseJson(body);
    if (!isObject(input)) return badRequest('Send { collection, id }.');
    const { collection: name, id } = input;
    const collection = collections.find((each) => each.name === name);
    if (collection === undefined) return badRequest('There is no such collection.');
    if (!isId(id)) return badRequest('Send { collection, id }.');
    return applyWrite(database, {
      method: 'DELETE',
      collection,
      id,
      key: `edit-${randomUUID()}`,
      ifMatch: undefined,
      body: '',
    });
  }

  /** By name: whether it is cut. */
  const cutLines = () => Object.fromEntries([...lines].map(([name, { isCut }]) => [name, isCut]));

  /** Cuts one device's line, or mends it. */
  function turnLine(body: string): Answer {
    const input = parseJson(body);
    const line = isObject(input) ? lines.get(String(input.name)) : undefined;
    if (!isObject(input) || !line || typeof input.cut !== 'boolean') {
      return badRequest('Send { name, cut }, with the name of a line and true or false.');
    }
    if (input.cut) line.cut();
    else line.mend();
    return json(200, cutLines());
  }

  const app = new Hono<HttpEnv>();
  app.use('/_control/*', cors, requestBody);
  app.get('/_control/config', (c) => {
    const urls = Object.fromEntries([...lines].map(([name, { url }]) => [name, url]));
    return send(c, json(200, { apiUrl, lines: urls }));
  });
  app.get('/_control/state', (c) => {
    const rows = Object.fromEntries(collections.map(({ name }) => [name, rowsOf(name)]));
    const ledger = database.ledger.last(countOf(c.req.query('ledger'), DEFAULT_LEDGER));
    const seen = { epoch: database.epoch(), rows, ledger, trouble: trouble.knobs };
    return send(c, json(200, { ...seen, lines: cutLines() }));
  });
  app.get('/_control/ledger', (c) => {
    const ledger = database.ledger.after(countOf(c.req.query('after'), 0));
    return send(c, json(200, { ledger }));
  });
  app.post('/_control/trouble', (c) => {
    trouble.set(parseTrouble(parseJson(c.get('body'))));
    return send(c, json(200, trouble.knobs));
  });
  app.post('/_control/line', (c) => send(c, turnLine(c.get('body'))));
  app.post('/_control/edit', (c) => send(c, edit(c.get('body'))));
  app.post('/_control/remove', (c) => send(c, remove(c.get('body'))));
  app.post('/_control/reset', (c) => {
    database.reset();
    return send(c, json(200, { epoch: database.epoch() }));
  });
  app.post('/_control/expireCursors', (c) => {
    database.expireCursors();
    return send(c, json(200, {}));
  });
  app.post('/_control/expireTokens', (c) => {
    tokens.expire();
    return send(c, json(200, {}));
  });
  app.post('/_control/revokeSessions', (c) => {
    tokens.revoke();
    return send(c, json(200, {}));
  });
  app.all('/_control/*', (c) => send(c, problem(404, 'unknown-path', 'No such control.')));
  app.onError((error, c) => {
    if (error instanceof JsonRefused) return send(c, malformed(error.message));
    if (error instanceof TroubleRefused) return send(c, badRequest(error.message));
    console.error(error);
    return send(c, problem(500, 'internal', 'The server made a mistake.'));
  });
  return app;
}
