import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { type Figure, figure, median } from './figures.ts';
import { drainFigures, type GrowthAt, growthFigures } from './growthFigures.ts';
import type { BenchOptions } from './options.ts';
import type { Growth } from './page/growth.ts';
import type {} from './page/main.ts';
import type { Samples } from './page/samples.ts';
import { startServerProcess } from './referenceServer.ts';
import { traceTasks } from './taskTrace.ts';

type Group = (page: Page, options: BenchOptions) => Promise<Figure[]>;

const said = (count: number) => count.toLocaleString('en');

interface GrowthOptions {
  readonly size: number;
  readonly rounds: number;
}

/** Measures in the page at one size after the other, with the tasks of what it watches. */
async function atEachSize(
  page: Page,
  sizes: readonly number[],
  rounds: number,
  measure: (how: GrowthOptions) => Promise<Growth>,
): Promise<GrowthAt[]> {
  const measured: GrowthAt[] = [];
  for (const size of sizes) {
    const how = { size, rounds: Math.min(rounds, 3) };
    const { result: growth, spans } = await traceTasks(page, () => page.evaluate(measure, how));
    measured.push({ size, growth, spans });
  }
  return measured;
}

type Delays = Record<'ours' | 'raw', (readonly number[])[]>;

/**
 * ms from a dispatch in one tab until another shows it, sorted, round by round; and the same for a raw
 * put that is told to the other tab, in turns. The first of each warms up.
 */
async function delaysBetween(
  writer: Page,
  reader: Page,
  first: number,
  writes: number,
  rounds: number,
): Promise<Delays> {
  const delays: Delays = { ours: [], raw: [] };
  let from = first;
  for (let round = 0; round <= rounds; round++) {
    for (const side of ['ours', 'raw'] as const) {
      const written = await writer.evaluate(
        ({ from, writes, side }) => syncBench.writeInTab(from, writes, side),
        { from, writes, side },
      );
      from += writes;
      // The last is on its way.
      await reader.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
      const shown = new Map(await reader.evaluate(() => syncBench.shownInTab()));
      const times = written.map(([id, at]) => (shown.get(id) ?? Number.NaN) - at);
      if (times.some(Number.isNaN)) throw new Error('a write was not shown in the other tab');
      if (round > 0) delays[side].push(times.sort((a, b) => a - b));
    }
  }
  return delays;
}

/** Judged by the bare time: the raw put beside it says what of it is the machine's. */
function tabFigures(writer: string, { ours, raw }: Delays): Figure[] {
  const at = (delays: Delays['ours'], share: number) =>
    delays.map((times) => times[Math.floor(times.length * share)] ?? 0);
  const name = `a write in ${writer} until a second tab shows it`;
  return [[0.5, 'p50', 5] as const, [0.99, 'p99', 20] as const].map(([share, word, aim]) => {
    const bare = figure(`${name}, ${word}`, { ours: at(ours, share), floor: [] }, aim);
    const floor = at(raw, share);
    return { ...bare, isBare: true, floor: median(floor), samples: { ...bare.samples, floor } };
  });
}

/** @throws Error unless the server did as many things as it has records, which are as many as were sent */
async function expectEffects(controlUrl: string, operations: number): Promise<void> {
  const response = await fetch(`${controlUrl}/_control/state?ledger=${2 * operations}`);
  const { rows, ledger } = (await response.json()) as {
    rows: { todos: unknown[] };
    ledger: unknown[];
  };
  const done = [rows.todos.length, ledger.length];
  if (done.some((count) => count !== operations)) {
    throw new Error(`${operations} were sent; records and effects on the server: ${done.join()}`);
  }
}

/** What is measured, by name; each group has a tab of its own. */
export const groups: Readonly<Record<string, Group>> = {
  dispatch: async (page, { sizes, rounds }) => {
    const figures: Figure[] = [];
    for (const size of sizes) {
      const samples = await page.evaluate(({ size, rounds }) => syncBench.dispatch(size, rounds), {
        size,
        rounds,
      });
      const aim = size === 100_000 ? 1 / 1_000 : null;
      figures.push(
        figure(`dispatch of one edit at ${said(size)}, beside RTK's adapter`, samples, aim),
      );
    }
    const [small, large] = [figures[0], figures[figures.length - 1]];
    if (small && large) {
      const samples: Samples = { ours: large.samples.ours, floor: small.samples.ours };
      const name = `the same at ${said(sizes[sizes.length - 1] ?? 0)}, beside itself at ${said(sizes[0] ?? 0)}`;
      figures.push(figure(name, samples, 5));
    }
    return figures;
  },

  durableEdit: async (page, { edits, rounds }) => {
    const figures: Figure[] = [];
    for (const durability of ['double', 'single'] as const) {
      const samples = await page.evaluate(
        ({ edits, rounds, durability }) => syncBench.durableEdit(edits, rounds, durability),
        { edits, rounds, durability },
      );
      const kept = durability === 'double' ? 'on both shelves' : 'in the database alone';
      const aim = durability === 'double' ? 1.5 : 1.2;
      figures.push(figure(`one durable edit, ${kept}, beside one raw put`, samples, aim));
    }
    return figures;
  },

  shelves: async (page, { edits, rounds }) => {
    const figures: Figure[] = [];
    for (const place of await page.evaluate(() => syncBench.shelfPlaces)) {
      const samples = await page.evaluate(
        ({ place, edits, rounds }) => syncBench.shelves(place, edits, rounds),
        { place, edits, rounds },
      );
      figures.push(figure(`a text kept in ${place}, beside one raw put`, samples, null));
    }
    return figures;
  },

  pullMany: async (page, { rounds }) => {
    const samples = await page.evaluate((rounds) => syncBench.pullMany(10_000, rounds), rounds);
    return [figure('10,000 pulled records, beside raw puts in one transaction', samples, 0.1)];
  },

  reopen: async (page, { sizes, rounds }) => {
    const figures: Figure[] = [];
    for (const size of sizes.filter((each) => each >= 10_000)) {
      const { longestTasks, ...samples } = await page.evaluate(
        ({ size, rounds }) => syncBench.reopen(size, rounds),
        { size, rounds },
      );
      figures.push(figure(`reopen with ${said(size)} records, beside raw getAll`, samples, 0.5));
      const name = `longest task while reopening ${said(size)}`;
      figures.push(figure(name, { ours: longestTasks, floor: [] }, 50));
    }
    return figures;
  },

  drain: async (page, { operations, rounds }) => {
    await using server = await startServerProcess();
    const { apiUrl, controlUrl } = server;
    const figures: Figure[] = [];
    for (const delayMs of [0, 20]) {
      const options = { apiUrl, controlUrl, operations, delayMs };
      const samples = await page.evaluate(
        ({ options, rounds }) => syncBench.drain(options, rounds),
        { options, rounds: Math.min(rounds, 5) },
      );
      const away = delayMs > 0 ? `, the server ${delayMs} ms away` : '';
      figures.push(
        figure(`${said(operations)} queued creates sent${away}, beside raw fetch`, samples, 1.3),
      );
    }
    return figures;
  },

  tabs: async (page, { edits, rounds }) => {
    const name = `bench-${randomUUID()}`;
    const other = await page.context().newPage();
    try {
      await other.goto(page.url());
      // Whoever opens it first leads.
      for (const tab of [page, other]) await tab.evaluate((it) => syncBench.openTab(it), name);
      const [leads, follows] = [
        await delaysBetween(page, other, 0, edits, rounds),
        await delaysBetween(other, page, 1_000_000, edits, rounds),
      ];
      return [...tabFigures('the one that leads', leads), ...tabFigures('another', follows)];
    } finally {
      await other.close();
    }
  },

  createMany: async (page, { rounds }) => {
    const samples = await page.evaluate((rounds) => syncBench.createMany(10_000, rounds), rounds);
    return [
      figure('10,000 creates until saved, beside raw puts in one transaction', samples, null),
    ];
  },

  growth: async (page, { growthSizes, rounds }) => {
    const measure = ({ size, rounds }: GrowthOptions) => syncBench.growth(size, rounds);
    return growthFigures(await atEachSize(page, growthSizes, rounds, measure));
  },

  outbox: async (page, { outboxDepths, rounds }) => {
    const measure = ({ size, rounds }: GrowthOptions) => syncBench.outbox(size, rounds);
    return growthFigures(await atEachSize(page, outboxDepths, rounds, measure));
  },

  deepDrain: async (page, { drainDepths }) => {
    const figures: Figure[] = [];
    for (const size of drainDepths) {
      await using server = await startServerProcess('off');
      const { apiUrl, controlUrl } = server;
      const { result: growth, spans } = await traceTasks(page, () =>
        page.evaluate(({ apiUrl, size }) => syncBench.deepDrain(apiUrl, size), { apiUrl, size }),
      );
      await expectEffects(controlUrl, size);
      figures.push(...drainFigures({ size, growth, spans }));
    }
    return figures;
  },

  inspector: async (page, { rounds }) => {
    const longest = new Map<string, number[]>();
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      const { spans } = await traceTasks(page, () =>
        page.evaluate(() => syncBench.inspector(10_000)),
      );
      for (const { name, longestTask } of spans) {
        longest.set(name, [...(longest.get(name) ?? []), longestTask]);
      }
    }
    return [...longest].map(([name, ours]) =>
      figure(`longest task in ${name}, 10,000 queued`, { ours, floor: [] }, 50),
    );
  },

  selectWhere: async (page, { sizes, rounds }) => {
    const figures: Figure[] = [];
    const size = sizes[sizes.length - 1] ?? 0;
    for (const offset of [0, size >> 1]) {
      const { first, ...samples } = await page.evaluate(
        ({ size, offset, rounds }) => syncBench.selectWhere(size, offset, rounds),
        { size, offset, rounds },
      );
      const from = offset > 0 ? ` from the ${said(offset)}th on` : '';
      const name = `20 rows of a query${from} after one edit among ${said(size)}`;
      figures.push(figure(`${name}, beside filter and sort`, samples, 1 / 100));
      if (offset > 0) continue;
      const firstName = `the first call of a query at ${said(size)}, beside filter and sort`;
      figures.push(figure(firstName, first, null));
    }
    return figures;
  },
};
