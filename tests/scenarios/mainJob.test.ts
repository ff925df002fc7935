import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ReferenceServer, startReferenceServer } from '../../demo/server/start.ts';
import { rest } from '../../src/rest/index.ts';
import { type Device, makeDevice, until } from '../support/world.ts';

let folder: string;
let server: ReferenceServer;
const devices: Device[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncharts-'));
  server = await startReferenceServer({ file: join(folder, 'server.sqlite') });
});

afterEach(async () => {
  for (const { sync } of devices.splice(0)) await sync.stop();
  await server.close();
  await rm(folder, { recursive: true });
});

function device(): Device {
  const made = makeDevice({ transport: rest({ baseUrl: server.apiUrl }) });
  devices.push(made);
  return made;
}

test('what is written is shown at once, saved, and reaches the server', async () => {
  const { sync, store } = device();
  sync.start();
  await sync.ready;
  const write = sync.models.todo.create({ title: 'Milk', done: false });
  expect(sync.models.todo.selectById(store.getState(), write.id)?.title).toBe('Milk');
  await write.saved;
  const settled = await write.settled;
  expect(settled.outcome).toBe('committed');
  expect(server.database.records.find('todos', write.id)).toMatchObject({ version: 1 });
  await until('synced', () => sync.selectSyncStatus(store.getState()).phase === 'synced');
});
