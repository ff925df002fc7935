import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startReferenceServer } from '../../demo/server/start.ts';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { RestRequests } from '../../src/ports/requests.ts';
import { type RestOptions, rest } from '../../src/rest.ts';
import { todo } from '../support/rest.ts';
import { type TransportWorld, transportContract } from './transport.ts';

const note = { ...todo, name: 'note', endpoint: 'notes', ids: 'server' } as const;

/** Over HTTP, against the reference server on a real database. */
async function referenceWorld(options: Partial<RestOptions> = {}): Promise<TransportWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'syncharts-contract-'));
  const server = await startReferenceServer({ file: join(folder, 'server.sqlite') });
  const url = (id: string) => `${server.apiUrl}/todos/${encodeURIComponent(id)}`;
  return {
    transport: rest({ baseUrl: server.apiUrl, ...options })(browserEnv),
    ...{ todo, note },
    effects: () => server.database.ledger.after(0).map(({ key }) => key),
    someoneElse: async (id, changes) => {
      await fetch(url(id), {
        method: changes ? 'PATCH' : 'DELETE',
        headers: { 'content-type': 'application/json' },
        ...(changes && { body: JSON.stringify(changes) }),
      });
    },
    reset: () => server.database.reset(),
    cut: () => server.trouble.set({ cut: true }),
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Every request on a way of its own, to the same effect. */
const shaped: RestRequests = {
  create: { url: '/{endpoint}?way=own', headers: { 'X-Way': 'own' }, retryCount: 1 },
  update: { method: 'PUT', url: '{endpoint}/{id}', timeoutMillis: 9_000 },
  delete: { urlParameters: { way: 'own' } },
  read: { url: '{endpoint}/{id}', responseTransformer: (record) => ({ ...(record as object) }) },
  list: {
    urlParameters: { since: '{cursor}', limit: '{limit}' },
    parts: { items: 'items', deleted: 'deleted', cursor: 'cursor', hasMore: 'hasMore' },
  },
};

transportContract('rest', referenceWorld);
transportContract('rest with batches', () => referenceWorld({ batch: {} }), { batches: true });
transportContract('rest with every request shaped', () => referenceWorld({ requests: shaped }));
