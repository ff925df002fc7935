import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServedPage } from '../support/browser/serve.ts';
import { BadLine, type Mischief } from './support/badLine.ts';
import { Device, serveApp } from './support/device.ts';
import { doubledKeys, fallenCounters, serverRecords, shownRecords } from './support/ledger.ts';
import { ServerProcess } from './support/referenceServer.ts';

let page: ServedPage;

beforeAll(async () => {
  page = await serveApp();
});

afterAll(() => page.close());

/** A create, an update and a removal of a note and an item each; each settled before the next. */
function workThrough(tab: Page) {
  return tab.evaluate(async () => {
    const outcomes: string[] = [];
    for (const model of ['item', 'note'] as const) {
      const api = app.sync.models[model];
      const [kept, gone] = [`${model} kept`, `${model} gone`];
      const writes = [
        () => api.create({ id: kept, tag: kept, edit: 1, title: 'one' }),
        () => api.update(kept, { edit: 2, title: 'two' }),
        () => api.create({ id: gone, tag: gone, edit: 1, title: 'one' }),
        () => api.remove(gone),
      ];
      for (const write of writes) outcomes.push((await write().settled).outcome);
    }
    await app.synced();
    return outcomes;
  });
}

const mishaps: [string, Mischief][] = [
  ['NW1: requests that never arrive are sent again', 'drop'],
  ['NW4: requests that a proxy sends twice take effect once', 'duplicate'],
  ['NW9: a line that breaks during the upload loses nothing', 'breakUpload'],
  ['NW10: an answer that breaks off is no answer: asked again, done once', 'breakAnswer'],
  ['NW10: half an answer with status 200 is no answer: asked again, done once', 'halveAnswer'],
];

test.each(mishaps)('%s', async (_title, mischief) => {
  await using server = await ServerProcess.make();
  await using line = await BadLine.make(server.apiUrl);
  await using device = await Device.make(page, { name: 'wire', api: line.url });
  const tab = await device.open();
  await tab.evaluate(() => app.synced());
  line.plan(...Array<Mischief>(5).fill(mischief));

  expect(new Set(await workThrough(tab))).toEqual(new Set(['committed']));
  expect(line.done).toHaveLength(5);
  const ledger = await server.ledger();
  expect(ledger).toHaveLength(8);
  expect(doubledKeys(ledger)).toEqual([]);
  expect(fallenCounters(ledger)).toEqual([]);
  const kept = {
    'item kept': { tag: 'item kept', edit: 2, title: 'two' },
    'note kept': { tag: 'note kept', edit: 2, title: 'two' },
  };
  expect(await serverRecords(server)).toEqual(kept);
  expect(shownRecords(await tab.evaluate(() => app.records()))).toEqual(kept);
  expect(device.pageErrors).toEqual([]);
});

test('NW6: an answer that comes after its request was given up and sent again changes nothing', async () => {
  await using server = await ServerProcess.make();
  await using line = await BadLine.make(server.apiUrl);
  const query = { name: 'late', api: line.url, timeout: 300 };
  await using device = await Device.make(page, query);
  const tab = await device.open();
  await tab.evaluate(() => app.synced());
  line.plan('holdAnswer');
  const outcome = await tab.evaluate(async () => {
    const { item } = app.sync.models;
    const made = item.create({ id: 'milk', tag: 'milk', edit: 1, title: 'Milk' });
    const { outcome } = await made.settled;
    await item.update('milk', { edit: 2, title: 'Oat milk' }).settled;
    return outcome;
  });
  expect(outcome).toBe('committed');
  line.release();
  await tab.evaluate(() => app.sync.models.item.pull());
  await tab.evaluate(() => app.synced());
  const milk = { milk: { tag: 'milk', edit: 2, title: 'Oat milk' } };
  expect(shownRecords(await tab.evaluate(() => app.records()))).toEqual(milk);
  expect(await serverRecords(server)).toEqual(milk);
  expect(doubledKeys(await server.ledger())).toEqual([]);
  expect(device.pageErrors).toEqual([]);
});
