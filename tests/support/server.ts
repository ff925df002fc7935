import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type ReferenceServer, startReferenceServer } from '../../demo/server/start.ts';
import { rest } from '../../src/rest.ts';
import { type Device, type DeviceOptions, makeDevice, until } from './world.ts';

/** A reference server on a fresh database for each test, and devices that end with it. */
export function serverWorld() {
  let folder = '';
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

  /** A device that has started, against this server unless told otherwise. */
  async function device(options: Partial<DeviceOptions> = {}): Promise<Device> {
    const made = makeDevice({
      transport: rest({ baseUrl: server.apiUrl, timeout: 5_000 }),
      ...options,
    });
    devices.push(made);
    made.sync.start();
    await made.sync.ready;
    return made;
  }

  return {
    device,
    get trouble() {
      return server.trouble;
    },
    get tokens() {
      return server.tokens;
    },
    get database() {
      return server.database;
    },
    get url() {
      return server.apiUrl;
    },
    /** Effects on the server, one an operation's key. */
    ledger: (recordId?: string) =>
      server.database.ledger
        .after(0)
        .filter((effect) => recordId === undefined || effect.recordId === recordId),
    /** Somebody else's write. */
    someoneElse: (method: string, path: string, body?: object) =>
      fetch(`${server.apiUrl}/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      }),
    drained: ({ sync, store }: Device) =>
      until('nothing waits', () => {
        const { pending, syncing } = sync.selectSyncStatus(store.getState());
        return pending + syncing === 0;
      }),
  };
}
