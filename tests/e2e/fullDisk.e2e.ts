import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServedPage } from '../support/browser/serve.ts';
import { Device, serveApp } from './support/device.ts';
import { doubledKeys, serverRecords } from './support/ledger.ts';
import { ServerProcess } from './support/referenceServer.ts';
import { makeSmallDisk } from './support/smallDisk.ts';

/** ms after which the kit tells that a transaction has no end (`src/storage/idbDatabase.ts`). */
const transactionDeadline = 30_000;

let page: ServedPage;

beforeAll(async () => {
  page = await serveApp();
});

afterAll(() => page.close());

/** Creates so many; how many were saved and refused, null where that is not known after a while. */
function createMany(tab: Page, from: number, count: number) {
  return tab.evaluate(
    async ({ from, count }) => {
      const noise = () => {
        const bytes = crypto.getRandomValues(new Uint8Array(20_000));
        return Array.from(bytes, (byte) => String.fromCharCode(33 + (byte % 90))).join('');
      };
      const edits = Array.from({ length: count }, (_, n) => {
        const id = `full-${from + n}`;
        const fields = { tag: id, edit: from + n, title: id, text: noise() };
        return { kind: 'create', model: 'item', id, fields } as const;
      });
      for (const edit of edits) app.apply([edit]);
      // On a disk that is full some wait for ever, as nobody knows whether they were written.
      const patience = new Promise<null>((resolve) => setTimeout(() => resolve(null), 3_000));
      const written = await Promise.race([app.written(), patience]);
      return { written };
    },
    { from, count },
  );
}

test('ST21 ST25 N16: a disk that is really full, and a browser killed on it, cost nothing that was called saved', async ({
  skip,
}) => {
  const disk = await makeSmallDisk(160);
  if (!disk) return skip('a file system can not be mounted here');
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'full', api: server.apiUrl }, disk);
  await server.trouble({ cut: true });
  let tab = await device.open();
  await createMany(tab, 1, 50);
  await disk.fill(2_000_000);
  const { written } = await createMany(tab, 1_000, 200);
  // Chromium may also leave a transaction without any end: that is told when its deadline has come.
  const isTold = () =>
    tab.evaluate(() => {
      const troubles = ['notSaved', 'storageTrouble', 'shelfFailed'];
      return app.events.some(({ type }) => troubles.includes(type));
    });
  await expect.poll(isTold, { timeout: transactionDeadline + 10_000 }).toBe(true);
  expect(written === null || written.refused.length > 0).toBe(true);
  await device.kill();

  // Chromium meets its full disk twice more; what it makes of its database is its own affair.
  for (const _ of ['first', 'second']) {
    // It can not even start where it has no room for the file that names its port.
    await disk.empty();
    await disk.fill(500_000);
    await device.open({}, { hydrated: false }).catch(() => {});
    await device.kill();
  }

  await disk.empty();
  await server.trouble({ cut: false });
  tab = await device.open();
  await tab.evaluate(() => app.connect());
  await tab.evaluate(() => app.synced());
  const there = await serverRecords(server);
  const missing = [...device.acknowledged.values()].filter(({ id }) => there[id] === undefined);
  const told = await tab.evaluate(
    () => app.events.filter(({ type }) => type === 'dataLoss').length,
  );
  console.log(`${device.acknowledged.count} acknowledged, ${told} losses told`);
  expect(missing).toEqual([]);
  expect(doubledKeys(await server.ledger())).toEqual([]);
});
