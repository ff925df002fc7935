import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServedPage } from '../support/browser/serve.ts';
import { Device, serveApp } from './support/device.ts';
import { doubledKeys, serverRecords } from './support/ledger.ts';
import { ServerProcess } from './support/referenceServer.ts';

let page: ServedPage;
/** Where nobody answers: these tests are about the disk. */
const api = 'http://127.0.0.1:9';

beforeAll(async () => {
  page = await serveApp();
});

afterAll(() => page.close());

interface Wanted {
  readonly id: string;
  /** Of text that does not compress: Chromium compresses values and counts what is left. */
  readonly characters?: number;
}

/** What creates of one task come to: `saved`, or the code of the error. */
function writeAll(tab: Page, wanted: readonly Wanted[]): Promise<string[]> {
  return tab.evaluate((all) => {
    const noise = (characters: number) => {
      const bytes = new Uint8Array(characters);
      for (let at = 0; at < characters; at += 65_536) {
        crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      }
      return Array.from(bytes, (byte) => String.fromCharCode(33 + (byte % 90))).join('');
    };
    const handles = all.map(({ id, characters = 0 }) =>
      app.sync.models.item.create({ id, tag: id, edit: 1, title: id, text: noise(characters) }),
    );
    return Promise.all(
      handles.map(({ saved }) =>
        saved.then(
          () => 'saved',
          (error: { name?: unknown; code?: unknown }) => `${error.name} ${error.code}`,
        ),
      ),
    );
  }, wanted);
}

async function write(tab: Page, id: string, characters = 0): Promise<string> {
  return (await writeAll(tab, [{ id, characters }]))[0] ?? '';
}

const shown = (tab: Page) => tab.evaluate(() => app.records().item.map(({ id }) => id));

/** What the database does alone: a second shelf needs more room than these devices have. */
const durability = 'single';

test('ST1: a write that finds no room is refused, not shown and not on disk; with room again, writes are saved', async () => {
  await using device = await Device.make(page, { name: 'quota', api, durability });
  await device.quota(600_000);
  const tab = await device.open();
  expect(await write(tab, 'before')).toBe('saved');
  expect(await write(tab, 'too big', 900_000)).toBe('SyncError notSaved');
  expect(await shown(tab)).toEqual(['before']);
  const told = await tab.evaluate(() => app.events.filter(({ type }) => type === 'notSaved'));
  expect(told).toMatchObject([{ recordId: 'too big', code: 'quota' }]);
  await tab.reload();
  await tab.evaluate(() => app.hydrated());
  expect(await shown(tab)).toEqual(['before']);
  expect(await tab.evaluate(() => app.sync.outbox.list().length)).toBe(1);

  await device.quota();
  expect(await write(tab, 'later', 900_000)).toBe('saved');
  await device.kill();
  expect(await shown(await device.open())).toEqual(['before', 'later']);
  expect(device.pageErrors).toEqual([]);
});

test('ST1: one write too big for the disk takes no other write with it', async () => {
  await using device = await Device.make(page, { name: 'group', api, durability });
  await device.quota(600_000);
  const tab = await device.open();
  await tab.evaluate(() => app.role('leading'));
  // One transaction tries to take all three.
  const results = await writeAll(tab, [
    { id: 'a' },
    { id: 'b too big', characters: 900_000 },
    { id: 'c' },
  ]);
  expect(results).toEqual(['saved', 'SyncError notSaved', 'saved']);
  await device.kill();
  expect(await shown(await device.open())).toEqual(['a', 'c']);
  expect(device.pageErrors).toEqual([]);
});

test('ST2: without room for its bookkeeping nothing is sent; with room again it is, once', async () => {
  await using server = await ServerProcess.make({ up: false });
  await using device = await Device.make(page, { name: 'full', api: server.apiUrl, durability });
  // Room for the write, and none for the request that it becomes.
  await device.quota(500_000);
  const tab = await device.open();
  expect(await write(tab, 'first', 300_000)).toBe('saved');
  await server.start();
  await tab.evaluate(async () => {
    await app.connect();
    await app.event('storageTrouble');
  });
  expect(await server.ledger()).toEqual([]);
  expect(await shown(tab)).toEqual(['first']);
  await device.quota();
  await tab.evaluate(() => app.synced());
  expect(Object.keys(await serverRecords(server))).toEqual(['first']);
  expect(doubledKeys(await server.ledger())).toEqual([]);
  expect(device.pageErrors).toEqual([]);
});

test('ST21 N16: what the second shelf has no room for is called saved once it has', async () => {
  await using device = await Device.make(page, { name: 'narrow', api });
  // Of so little Chromium gives the private file system nothing, and the database some.
  await device.quota(600_000);
  const tab = await device.open();
  await tab.evaluate(() => app.role('leading'));
  const written = write(tab, 'a');
  await tab.evaluate(() => app.event('shelfFailed'));
  expect(await shown(tab)).toEqual(['a']);
  expect(await tab.evaluate(() => app.events.filter(({ type }) => type === 'saved'))).toEqual([]);
  await device.quota();
  expect(await written).toBe('saved');
  await device.kill();
  await device.wipe();
  expect(await shown(await device.open())).toEqual(['a']);
  expect(device.pageErrors).toEqual([]);
});

test('ST4: a database handle that dies is opened again, and the write after it is saved', async () => {
  await using device = await Device.make(page, { name: 'handle', api });
  const tab = await device.open();
  expect(await write(tab, 'a')).toBe('saved');
  expect(await tab.evaluate(() => app.closeHandles())).toBeGreaterThan(0);
  expect(await write(tab, 'b')).toBe('saved');
  await device.kill();
  expect(await shown(await device.open())).toEqual(['a', 'b']);
  expect(device.pageErrors).toEqual([]);
});

test('ST3 ST4: while no handle lives, nothing is called saved; once one does, everything is', async () => {
  await using device = await Device.make(page, { name: 'handles', api });
  const tab = await device.open();
  expect(await write(tab, 'a')).toBe('saved');
  await tab.evaluate(() => {
    app.killNewHandles(true);
    app.closeHandles();
  });
  const later = write(tab, 'b');
  await tab.evaluate(() => app.event('storageTrouble'));
  const meanwhile = await tab.evaluate(() => ({
    status: app.sync.models.item.selectRecordStatus(app.store.getState(), 'b').status,
    reason: app.status().reason,
  }));
  expect(meanwhile).toEqual({ status: 'saving', reason: 'blocked' });
  expect(device.acknowledged.count).toBe(0);
  await tab.evaluate(() => app.killNewHandles(false));
  expect(await later).toBe('saved');
  await tab.evaluate(() => app.event('storageRecovered'));
  await device.kill();
  expect(await shown(await device.open())).toEqual(['a', 'b']);
  expect(device.pageErrors).toEqual([]);
});

test('ST5 ST6: while the database does not open, writes wait and the records on disk are left alone', async () => {
  await using device = await Device.make(page, { name: 'hang', api });
  const first = await device.open();
  expect(await write(first, 'old')).toBe('saved');
  // A page of the same origin with an upgrade under way: every other opening waits for its end.
  await first.goto(`${device.origin}/?name=other&api=${api}`);
  await first.evaluate(() => app.holdDatabase('syncharts/hang'));

  const tab = await device.open({ openDeadline: 300 }, { hydrated: false });
  const saved = write(tab, 'new');
  await tab.evaluate(() => app.event('storageTrouble'));
  expect(await tab.evaluate(() => app.status().reason)).toBe('blocked');
  expect(device.acknowledged.count).toBe(0);
  await first.evaluate(() => app.releaseDatabase());
  expect(await saved).toBe('saved');
  expect(await shown(tab)).toEqual(['new', 'old']);
  await device.kill();
  expect(await shown(await device.open())).toEqual(['new', 'old']);
  expect(device.pageErrors).toEqual([]);
});

test('ST20: data that no disk can keep is refused at once, with its path, and nothing of it stays', async () => {
  await using device = await Device.make(page, { name: 'clone', api });
  const tab = await device.open();
  const refused = await tab.evaluate(() => {
    const { item } = app.sync.models;
    const record = { id: 'f', tag: 'f', edit: 1, title: 'f', text: { deep: () => {} } };
    try {
      item.create(record as never);
      return 'taken';
    } catch (error) {
      const { name, code, message } = error as Record<string, unknown>;
      return { name, code, message };
    }
  });
  expect(refused).toMatchObject({ name: 'SyncError', code: 'badData' });
  expect((refused as { message: string }).message).toContain('text.deep');
  expect(await shown(tab)).toEqual([]);
  expect(await tab.evaluate(() => app.sync.outbox.list())).toEqual([]);
  expect(device.pageErrors).toEqual([]);
});

test('ST25: a database that the browser threw away is told from a first run, once, with what came back', async () => {
  await using device = await Device.make(page, { name: 'wiped', api });
  const first = await device.open();
  const [kept] = await first.evaluate(() => {
    const made = app.sync.models.item.create({ id: 'a', tag: 'a', edit: 1, title: 'a' });
    return made.saved.then(() => [made.operationId]);
  });
  const known = await first.evaluate(() => app.sync.databaseId);
  expect(await first.evaluate(() => app.events.some(({ type }) => type === 'dataLoss'))).toBe(
    false,
  );
  await first.goto(`${device.origin}/?name=other&api=${api}`);
  await first.evaluate(() => app.deleteDatabase('syncharts/wiped'));
  const second = await device.open();
  const lost = await second.evaluate(() => app.events.filter(({ type }) => type === 'dataLoss'));
  expect(lost).toEqual([
    {
      ...{ type: 'dataLoss', known, recovered: [kept], unreadable: 0 },
      found: await second.evaluate(() => app.sync.databaseId),
    },
  ]);
  expect(await write(second, 'b')).toBe('saved');
  await second.close();
  const third = await device.open();
  expect(await third.evaluate(() => app.events.some(({ type }) => type === 'dataLoss'))).toBe(
    false,
  );
  expect(await shown(third)).toEqual(['a', 'b']);
  expect(device.pageErrors).toEqual([]);
});
