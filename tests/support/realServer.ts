import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { CollectionConfig } from '../../demo/server/collections.ts';
import { decodeCursor } from '../../demo/server/cursor.ts';
import type { JsonObject } from '../../demo/server/json.ts';
import { startReferenceServer } from '../../demo/server/start.ts';
import {
  type Change,
  type Effect,
  idsOf,
  type Row,
  type ServerNeeds,
  type ServerPort,
  type WireAnswer,
  type WireRequest,
} from '../../src/testing/server/serverPort.ts';
import { emptyTitle } from '../../src/testing/server/simServer.ts';

/** Far above what an answer takes on localhost: a server that hangs must not hang the test. */
const patience = 20_000;

export interface RealServer extends ServerPort {
  close(): Promise<void>;
  /** Everything is gone, and a new epoch begins. */
  reset(): void;
}

export interface RealServerNeeds extends ServerNeeds {
  readonly collections?: readonly string[];
}

/**
 * The reference server as it is shipped, on a real socket and a real database of its own, behind
 * the simulated net. Only the ids that it gives are drawn from the seed, so that two runs are the same.
 *
 * @example await simulate(seed, generate(seed), { server: openRealServer })
 */
export async function openRealServer({
  seed,
  serverIds,
  seeded = [],
  page = Number.POSITIVE_INFINITY,
  collections = ['todos'],
}: RealServerNeeds): Promise<RealServer> {
  const folder = await mkdtemp(join(tmpdir(), 'syncharts-real-'));
  const server = await startReferenceServer({
    file: join(folder, 'server.sqlite'),
    newId: idsOf(seed),
    collections: collections.map(
      (name): CollectionConfig => ({
        name,
        ids: serverIds.includes(name) ? 'server' : 'client',
        validate: emptyTitle,
      }),
    ),
  });
  const { database, apiUrl } = server;
  const agent = new Agent({ keepAlive: true });
  const ledger: Effect[] = [];
  const changes: Change[] = [];

  /** Reads what was done since; a record is looked up before anything else can change it. */
  function readOn(): void {
    for (const { time: _, ...effect } of database.ledger.after(ledger.at(-1)?.n ?? 0)) {
      const { collection, recordId: id } = effect;
      ledger.push(effect);
      const row = database.records.find(collection, id);
      if (!row) continue;
      changes.push({ change: row.seq, collection, id, record: row.record, version: row.version });
    }
  }

  for (const record of seeded) {
    const { id } = record;
    const made = { collection: 'todos', version: 1 };
    database.records.put({ ...made, id, record: record as JsonObject, lastOperationId: null });
    const body = JSON.stringify(record);
    database.ledger.append({ ...made, key: null, method: 'PUT', recordId: id, body });
    readOn();
  }

  return {
    ...{ ledger, changes },
    handle: async (wire) => {
      const answer = await ask(apiUrl, agent, { ...wire, path: withinPage(wire.path, page) });
      readOn();
      return answer;
    },
    expireCursors: () => database.expireCursors(),
    changeAt: (cursor) =>
      cursor === null ? 0 : (decodeCursor(database.cursorLife(), cursor)?.seq ?? 0),
    rows: (collection) => {
      const live = new Map<string, { record: Row; version: string }>();
      for (const { id, record, version } of database.records.all(collection)) {
        if (record) live.set(id, { record, version: `"${version}"` });
      }
      return live;
    },
    reset: () => {
      database.reset();
      ledger.length = 0;
      changes.length = 0;
    },
    close: async () => {
      agent.destroy();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A pull, of no more than `page` records: the reference server has no such option. */
function withinPage(path: string, page: number): string {
  return path.replace(/([?&]limit=)(\d+)$/, (_, name: string, asked: string) => {
    return `${name}${Math.min(Number(asked), page)}`;
  });
}

/** Of this hop alone; the next one is the simulated net. */
const hopHeaders = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'];

/** Byte for byte as it is written: `fetch` would tidy the path up. */
function ask(
  base: string,
  agent: Agent,
  { method, path, headers, body }: WireRequest,
): Promise<WireAnswer> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const target = { hostname, port, agent, method, path: `/${path}` };
    const length = { 'content-length': Buffer.byteLength(body) };
    const sent = request({ ...target, headers: { ...headers, ...length } }, (answer) => {
      text(answer).then(
        (read) =>
          resolve({ status: answer.statusCode ?? 0, headers: endToEnd(answer), body: read }),
        reject,
      );
    });
    sent.setTimeout(patience, () => sent.destroy(new Error('the server does not answer')));
    sent.once('error', reject);
    sent.end(body);
  });
}

function endToEnd({ headers }: IncomingMessage): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !hopHeaders.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}
