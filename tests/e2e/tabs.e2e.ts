import { isDeepStrictEqual } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServedPage } from '../support/browser/serve.ts';
import { Device, serveApp } from './support/device.ts';
import { serverRecords } from './support/ledger.ts';
import { ServerProcess } from './support/referenceServer.ts';
import { tabRounds } from './support/tabRounds.ts';

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

/** The records that a page shows, in order. */
const shownIn = (tab: Page) => tab.evaluate(() => app.records().item);

/** Both show the same, and so many. */
async function agree(first: Page, second: Page, count: number): Promise<void> {
  await expect
    .poll(async () => {
      const [a, b] = [await shownIn(first), await shownIn(second)];
      return a.length === count && isDeepStrictEqual(a, b);
    })
    .toBe(true);
}

/** Creates a record and resolves with whether it was told to be saved. */
function save(tab: Page, id: string): Promise<void> {
  return tab.evaluate(
    (name) => app.sync.models.item.create({ id: name, tag: name, edit: 1, title: name }).saved,
    id,
  );
}

test('P21 I13: two pages write durably, show the same, and send each change once; when one goes the other leads', async () => {
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'tabs', api: server.apiUrl });
  const first = await device.open();
  await first.evaluate(() => app.role('leading'));
  const second = await device.open();
  await second.evaluate(() => app.role('following'));
  await Promise.all([save(first, 'a'), save(second, 'b')]);
  await agree(first, second, 2);
  // Both at once, one record of both.
  const edits = [first, second].map((tab, i) =>
    tab.evaluate(async (which) => {
      for (let edit = 2; edit < 12; edit++) {
        await app.sync.models.item.update('a', which === 0 ? { edit } : { title: `a${edit}` })
          .saved;
        await app.sync.models.item.create({
          ...{ id: `${which}-${edit}`, tag: `${which}-${edit}`, edit, title: 'many' },
        }).saved;
      }
    }, i),
  );
  await Promise.all(edits);
  await agree(first, second, 22);
  for (const tab of [first, second]) await tab.evaluate(() => app.synced());
  const records = await serverRecords(server);
  expect(Object.keys(records)).toHaveLength(22);
  expect(records.a).toMatchObject({ edit: 11, title: 'a11' });
  const writes = (await server.ledger()).map(({ key }) => key);
  expect(writes).toHaveLength(new Set(writes).size);

  const outcome = await second.evaluate(async () => {
    const write = app.sync.models.item.create({ id: 'z', tag: 'z', edit: 1, title: 'z' });
    return (await write.settled).outcome;
  });
  expect(outcome).toBe('committed');
  await first.close();
  await second.evaluate(() => app.role('leading'));
  await second.evaluate(
    () => app.sync.models.item.create({ id: 'zz', tag: 'zz', edit: 1, title: 'zz' }).settled,
  );
  expect(Object.keys(await serverRecords(server))).toHaveLength(24);
  expect(device.pageErrors).toEqual([]);
});

test('P22 MT11: a page that hangs and keeps its lock is replaced, and follows when it goes on', async () => {
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'hung', api: server.apiUrl });
  const first = await device.open();
  await first.evaluate(() => app.role('leading'));
  const second = await device.open();
  await second.evaluate(() => app.role('following'));
  await first.evaluate(() => {
    setTimeout(() => {
      const end = performance.now() + 14_000;
      while (performance.now() < end);
    }, 50);
  });
  const outcome = await second.evaluate(async () => {
    const write = app.sync.models.item.create({ id: 'a', tag: 'a', edit: 1, title: 'a' });
    await write.saved;
    await app.role('leading');
    return (await write.settled).outcome;
  });
  expect(outcome).toBe('committed');
  // It answers again, and knows that it leads no more.
  await first.evaluate(() => app.role('following'));
  await save(first, 'b');
  await agree(first, second, 2);
  expect(device.pageErrors).toEqual([]);
});

// The pinned Chromium caches no page, and freezes none that Playwright speaks to (`frozen.e2e.ts` has one
// that it does freeze): here the page is told what a browser tells, and everything else (locks, database,
// channel) is the browser's own.
test.each([
  ['MT3', 'frozen', 'freeze', 'resume'],
  ['MT4', 'put into the back/forward cache', 'pagehide', 'pageshow'],
])(
  '%s: a page that is told to be %s gives the lead away, and comes back to what the other did',
  async (name, _, leaves, returns) => {
    await using server = await ServerProcess.make();
    await using device = await Device.make(page, { name, api: server.apiUrl });
    const tell = (tab: Page, type: string) =>
      tab.evaluate((kind) => {
        const isOfPage = kind.startsWith('page');
        const event = isOfPage
          ? new PageTransitionEvent(kind, { persisted: true })
          : new Event(kind);
        (isOfPage ? window : document).dispatchEvent(event);
      }, type);
    const first = await device.open();
    await first.evaluate(() => app.role('leading'));
    const second = await device.open();
    await second.evaluate(() => app.role('following'));
    await save(first, 'a');
    await tell(first, leaves);
    expect(await first.evaluate(() => navigator.locks.query())).not.toMatchObject({
      pending: [expect.anything()],
    });
    await second.evaluate(() => app.role('leading'));
    await save(second, 'b');
    await second.evaluate(() => app.synced());
    await tell(first, returns);
    await first.evaluate(() => app.role('following'));
    await agree(first, second, 2);
    await save(first, 'c');
    await agree(first, second, 3);
    await second.close();
    await first.evaluate(() => app.role('leading'));
    await first.evaluate(() => app.synced());
    expect(Object.keys(await serverRecords(server))).toEqual(['a', 'b', 'c']);
    expect(device.pageErrors).toEqual([]);
  },
);

test('MT2: a tab that takes over sends what the first one left unsent, once', async () => {
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'heir', api: server.apiUrl });
  const first = await device.open();
  await first.evaluate(() => app.synced());
  const second = await device.open();
  await second.evaluate(() => app.role('following'));
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

test('P21 P22 MT1 MT2 MT3 MT11: 10 rounds of ten tabs that write while the leader is closed, crashes, hangs or is frozen lose nothing, do nothing twice, and end with all tabs alike', async () => {
  const lines: string[] = [];
  try {
    const summary = await tabRounds({ rounds: 10, page, print: (line) => lines.push(line) });
    lines.push(...summary.missing, ...summary.doubled, ...summary.wrong);
    expect(summary).toMatchObject({ takeovers: 10, missing: [], doubled: [], wrong: [] });
    // On a busy machine the looks of the others may take longer than it hangs.
    expect(summary.steals).toBeGreaterThan(0);
    expect(summary.acknowledged).toBeGreaterThan(2_000);
  } finally {
    console.log(lines.join('\n'));
  }
}, 240_000);
