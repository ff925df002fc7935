import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServedPage } from '../support/browser/serve.ts';
import { Device, serveApp } from './support/device.ts';
import { Editor } from './support/edits.ts';
import { doubledKeys, fallenCounters, serverRecords, shownRecords } from './support/ledger.ts';
import { createRandom } from './support/random.ts';
import { ServerProcess } from './support/referenceServer.ts';

let page: ServedPage;

beforeAll(async () => {
  page = await serveApp();
});

afterAll(() => page.close());

/** Opens the app for the first time and closes it as people do, so that its mark is on disk. */
async function install(device: Device): Promise<string> {
  const tab = await device.open();
  const id = await tab.evaluate(() => app.sync.databaseId);
  await device.close();
  if (id === null) throw new Error('the database has no id');
  return id;
}

/**
 * True if the browser threw the whole database away at this start, which Chromium does after about
 * one kill in a hundred, and the app was told. Without the event it is a loss like any other.
 */
async function wasWiped(tab: Page, known: string): Promise<boolean> {
  const { id, told } = await tab.evaluate(() => ({
    id: app.sync.databaseId,
    told: app.events.some((event) => event.type === 'dataLoss'),
  }));
  const wiped = id !== known && told;
  if (wiped) console.warn('The browser wiped the whole database after the kill; the app was told.');
  return wiped;
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}

test('P1 P4 CR3: 200 edits made offline survive SIGKILL of the whole browser and reach the server once', async () => {
  await using server = await ServerProcess.make({ up: false });
  await using device = await Device.make(page, { name: 'main', api: server.apiUrl });
  const databaseId = await install(device);

  const editor = new Editor({ random: createRandom('main'), prefix: 'r' });
  const edits = editor.take(200);
  const first = await device.open();
  const saved = device.acknowledged.reach(200);
  await first.evaluate((all) => app.apply(all), edits);
  await saved;
  await device.kill();

  for (const reopened of ['once', 'twice']) {
    const tab = await device.open();
    if (await wasWiped(tab, databaseId)) return;
    const shown = await tab.evaluate(() => app.records());
    expect(shownRecords(shown), `reopened ${reopened}`).toEqual(
      Object.fromEntries(editor.expected),
    );
    const fates = await tab.evaluate((ids) => app.fates(ids), device.acknowledged.ids);
    // A create and its removal, both unsent, end without a request.
    expect(unique(Object.values(fates).filter((fate) => fate !== 'cancelled'))).toEqual([
      'waiting',
    ]);
    if (reopened === 'once') await device.kill();
    else await arrives(tab);
  }

  async function arrives(tab: Page): Promise<void> {
    await server.start();
    const outcomes = await tab.evaluate(async (ids) => {
      const settled = Promise.all(ids.map((id) => app.sync.outbox.settled(id)));
      await app.connect();
      const ended = await settled;
      await app.synced();
      return ended.map(({ outcome }) => outcome);
    }, device.acknowledged.ids);
    expect(outcomes).toHaveLength(200);
    expect(unique(outcomes)).toEqual(['cancelled', 'committed']);
    const ledger = await server.ledger();
    expect(doubledKeys(ledger)).toEqual([]);
    expect(fallenCounters(ledger)).toEqual([]);
    const known = new Set<string | null>(device.acknowledged.ids);
    expect(ledger.filter(({ key }) => !known.has(key))).toEqual([]);
    expect(await serverRecords(server)).toEqual(Object.fromEntries(editor.expected));
    expect(shownRecords(await tab.evaluate(() => app.records()))).toEqual(
      Object.fromEntries(editor.expected),
    );
  }

  expect(device.pageErrors).toEqual([]);
});

test('NW2 CR6: an answer that is lost after the server did the work changes nothing twice, and a later edit arrives too', async () => {
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'lost', api: server.apiUrl });
  const tab = await device.open();
  await server.trouble({ dropAnswers: -1 });
  const ids = await tab.evaluate(async () => {
    const { item } = app.sync.models;
    const made = item.create({ id: 'milk', tag: 'milk', edit: 1, title: 'Milk' });
    await made.saved;
    return [made.operationId];
  });
  // It was applied; nobody has heard of it.
  await expect.poll(() => server.ledger().then((lines) => lines.length)).toBe(1);
  const later = await tab.evaluate(() => {
    const edited = app.sync.models.item.update('milk', { edit: 2, title: 'Oat milk' });
    return edited.operationId;
  });
  expect(await tab.evaluate((all) => app.fates(all), [...ids, later])).toEqual({
    [ids[0] ?? '']: 'waiting',
    [later]: 'waiting',
  });
  await server.trouble({ dropAnswers: 0 });
  await tab.evaluate(() => app.connect());
  await tab.evaluate(() => app.synced());

  const ledger = await server.ledger();
  expect(ledger.map(({ key }) => key)).toEqual([...ids, later]);
  expect(fallenCounters(ledger)).toEqual([]);
  expect(await serverRecords(server)).toEqual({
    milk: { tag: 'milk', edit: 2, title: 'Oat milk' },
  });
  expect(device.pageErrors).toEqual([]);
});

test('CR13: an edit made while a request of its record is under way is kept, and sent behind it', async () => {
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'during', api: server.apiUrl });
  const tab = await device.open();
  await tab.evaluate(() => app.synced());
  await server.trouble({ delayMs: 300 });
  const during = await tab.evaluate(async () => {
    const { item } = app.sync.models;
    const made = item.create({ id: 'milk', tag: 'milk', edit: 1, title: 'Milk' });
    await app.recordIs('item', 'milk', 'syncing');
    const edited = item.update('milk', { edit: 2, title: 'Oat milk' });
    const atOnce = item.selectById(app.store.getState(), 'milk')?.title;
    const { sealed } = app.sync.outbox.list()[0] ?? {};
    await made.settled;
    // The answer says "Milk": the edit stays on top.
    const afterwards = item.selectById(app.store.getState(), 'milk')?.title;
    await edited.settled;
    await app.synced();
    return { atOnce, sealed, afterwards };
  });
  expect(during).toEqual({ atOnce: 'Oat milk', sealed: true, afterwards: 'Oat milk' });
  const ledger = await server.ledger();
  expect(ledger.map(({ method }) => method)).toEqual(['POST', 'PATCH']);
  expect(await serverRecords(server)).toEqual({
    milk: { tag: 'milk', edit: 2, title: 'Oat milk' },
  });
  expect(device.pageErrors).toEqual([]);
});

test('P1 CR3: a removal made offline is sent after the browser was closed and opened again', async () => {
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'removal', api: server.apiUrl });
  const first = await device.open();
  await first.evaluate(async () => {
    for (const id of ['gone', 'kept']) {
      await app.sync.models.item.create({ id, tag: id, edit: 1, title: id }).settled;
    }
    await app.synced();
  });
  await server.kill();
  await first.evaluate(() => app.sync.models.item.remove('gone').saved);
  await device.close();

  const second = await device.open();
  expect(await second.evaluate(() => app.records().item.map(({ id }) => id))).toEqual(['kept']);
  await server.start();
  await second.evaluate(async () => {
    await app.connect();
    await app.synced();
  });
  expect(Object.keys(await serverRecords(server))).toEqual(['kept']);
  const ledger = await server.ledger();
  expect(ledger.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  expect(await second.evaluate(() => app.records().item.map(({ id }) => id))).toEqual(['kept']);
  expect(device.pageErrors).toEqual([]);
});

test('P4 NW9: the server is killed in the middle of 200 operations and started again: each takes effect once', async () => {
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'drain', api: server.apiUrl });
  const tab = await device.open();
  await tab.evaluate(() => app.synced());
  await server.kill();
  const editor = new Editor({ random: createRandom('drain'), prefix: 'd', creates: 0.8 });
  await tab.evaluate((edits) => app.apply(edits), editor.take(250));
  await device.acknowledged.reach(250);
  for (const stopAt of [40, 100]) {
    await server.start();
    await server.trouble({ delayMs: 10 });
    await tab.evaluate(() => app.connect());
    await expect
      .poll(async () => (await server.ledger()).length, { interval: 5, timeout: 20_000 })
      .toBeGreaterThanOrEqual(stopAt);
    await server.kill();
  }
  await server.start();
  await tab.evaluate(async () => {
    await app.connect();
    await app.synced();
  });
  const fates = await tab.evaluate((ids) => app.fates(ids), device.acknowledged.ids);
  expect(unique(Object.values(fates))).toEqual(['cancelled', 'committed']);
  const ledger = await server.ledger();
  expect(doubledKeys(ledger)).toEqual([]);
  expect(fallenCounters(ledger)).toEqual([]);
  expect(await serverRecords(server)).toEqual(Object.fromEntries(editor.expected));
  expect(shownRecords(await tab.evaluate(() => app.records()))).toEqual(
    Object.fromEntries(editor.expected),
  );
  expect(device.pageErrors).toEqual([]);
});
