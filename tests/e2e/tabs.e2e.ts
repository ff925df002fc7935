import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServedPage } from '../support/browser/serve.ts';
import { Device, serveApp } from './support/device.ts';
import { serverRecords } from './support/ledger.ts';
import { ServerProcess } from './support/referenceServer.ts';

let page: ServedPage;

beforeAll(async () => {
  page = await serveApp();
});

afterAll(() => page.close());

test("P9: a pull of others' changes never hides an edit that is not sent yet", async () => {
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'pull', api: server.apiUrl });
  const tab = await device.open();
  await tab.evaluate(async () => {
    await app.sync.models.item.create({ id: 'milk', tag: 'milk', edit: 1, title: 'Milk' }).settled;
    await app.synced();
  });
  // Writes with the word "mine" are told to come back later; pulls go through.
  await server.trouble({ refuse: { match: 'mine', status: 425, reason: 'later' } });
  await tab.evaluate(async () => {
    app.watch('item', 'milk');
    await app.sync.models.item.update('milk', { edit: 2, title: 'mine' }).saved;
  });
  await server.edit('items', 'milk', { title: 'theirs', amount: 7 });
  const pulled = await tab.evaluate(() => app.sync.models.item.pull());
  expect(pulled).toMatchObject({ status: 'done', items: 1 });
  expect(await tab.evaluate(() => app.records().item)).toEqual([
    { id: 'milk', tag: 'milk', edit: 2, title: 'mine', amount: 7 },
  ]);
  await server.trouble({ refuse: null });
  await tab.evaluate(() => app.synced());

  const titles = (await tab.evaluate(() => app.watched())).map((record) => record?.title);
  expect([...new Set(titles)]).toEqual(['Milk', 'mine']);
  expect(await serverRecords(server)).toEqual({
    milk: { tag: 'milk', edit: 2, title: 'mine', amount: 7 },
  });
  expect(device.pageErrors).toEqual([]);
});

test('a second tab shows the records, says that it does not write, and takes over when the first one goes', async () => {
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'tabs', api: server.apiUrl });
  const first = await device.open();
  await first.evaluate(async () => {
    await app.role('leading');
    await app.sync.models.item.create({ id: 'a', tag: 'a', edit: 1, title: 'a' }).saved;
  });
  const second = await device.open();
  await second.evaluate(() => app.role('readOnly'));
  const said = await second.evaluate(() => {
    const { phase, reason } = app.status();
    const { item } = app.sync.models;
    try {
      item.create({ id: 'no', tag: 'no', edit: 1, title: 'no' });
    } catch (error) {
      const { name, code } = error as { name: string; code: string };
      return { phase, reason, name, code, shown: app.records().item.map(({ id }) => id) };
    }
    return 'it wrote';
  });
  expect(said).toEqual({
    ...{ phase: 'attention', reason: 'readOnly', name: 'SyncError', code: 'readOnly' },
    shown: ['a'],
  });

  await first.evaluate(async () => {
    const { item } = app.sync.models;
    await item.create({ id: 'b', tag: 'b', edit: 1, title: 'b' }).saved;
    await item.update('a', { edit: 2, title: 'a2' }).saved;
    await app.synced();
  });
  await first.close();
  await second.evaluate(() => app.role('leading'));
  const after = await second.evaluate(async () => {
    const taken = app.records().item.map(({ title }) => title);
    await app.sync.models.item.create({ id: 'c', tag: 'c', edit: 1, title: 'c' }).settled;
    return taken;
  });
  expect(after).toEqual(['a2', 'b']);
  expect(Object.keys(await serverRecords(server))).toEqual(['a', 'b', 'c']);
  expect(device.pageErrors).toEqual([]);
});

test('MT2: a tab that takes over sends what the first one left unsent, once', async () => {
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'heir', api: server.apiUrl });
  const first = await device.open();
  await first.evaluate(() => app.synced());
  const second = await device.open();
  await second.evaluate(() => app.role('readOnly'));
  // Applied, but nobody has heard of it when the tab goes.
  await server.trouble({ dropAnswers: -1 });
  await first.evaluate(async () => {
    for (const id of ['a', 'b', 'c']) {
      await app.sync.models.item.create({ id, tag: id, edit: 1, title: id }).saved;
    }
  });
  await expect.poll(() => server.ledger().then((lines) => lines.length)).toBe(3);
  await first.close();
  await server.trouble({ dropAnswers: 0 });
  await second.evaluate(async () => {
    await app.role('leading');
    await app.connect();
    await app.synced();
  });
  expect((await server.ledger()).map(({ recordId }) => recordId).sort()).toEqual(['a', 'b', 'c']);
  expect(await second.evaluate(() => app.records().item.map(({ id }) => id))).toEqual([
    ...['a', 'b', 'c'],
  ]);
  expect(device.pageErrors).toEqual([]);
});
