import { setTimeout as wait } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { ServedPage } from '../../support/browser/serve.ts';
import type {} from '../pages/app.ts';
import { Device } from './device.ts';
import { doubledKeys, fallenCounters, serverRecords } from './ledger.ts';
import { ServerProcess } from './referenceServer.ts';
import { befall, hangs, type Mishap, mishaps } from './tabMishaps.ts';

export interface TabRoundsOptions {
  readonly rounds: number;
  readonly page: ServedPage;
  /** Tabs of the browser (default: 10). */
  readonly tabs?: number;
  /** One line a round. */
  readonly print: (line: string) => void;
}

export interface TabRoundsSummary {
  readonly rounds: number;
  /** Rounds after which another tab led. */
  readonly takeovers: number;
  /** Those in which the lock was taken from a tab that held it and did nothing. */
  readonly steals: number;
  /** ms from the mishap until another tab led, by mishap, round by round. */
  readonly waits: Readonly<Record<Mishap, readonly number[]>>;
  readonly acknowledged: number;
  readonly missing: readonly string[];
  readonly doubled: readonly string[];
  /** Errors that no page caught, and tabs that show something else. */
  readonly wrong: readonly string[];
}

/** ms between two writes of one tab, and how many it does in a round. */
const pace = 40;
const writesOfRound = 24;
/** ms in which all must lead, agree, be sent. */
const deadline = 60_000;
/** A record that all tabs write. */
const shared = 'shared';

/**
 * Rounds of: all tabs of one browser write; what leads is closed, crashes, hangs or is frozen in the
 * middle of it; another leads. Then it comes back (or is opened anew), and all tabs must show the same
 * in the same order, the server must have each edit that was called saved, once, and each record's
 * edits in their order.
 */
export async function tabRounds(options: TabRoundsOptions): Promise<TabRoundsSummary> {
  const { rounds, page, tabs: count = 10, print } = options;
  await using server = await ServerProcess.make();
  await using device = await Device.make(page, { name: 'tabs', api: server.apiUrl });
  const waits: Record<Mishap, number[]> = { closed: [], crashed: [], hung: [], frozen: [] };
  const [missing, wrong]: string[][] = [[], []] as [string[], string[]];
  let [takeovers, steals] = [0, 0];
  const tabs: Page[] = [];
  for (let i = 0; i < count; i++) tabs.push(await device.open());
  const all = <T>(ask: (tab: Page) => Promise<T>) => Promise.all(tabs.map(ask));
  await tabs[0]?.evaluate(
    (id) => app.sync.models.item.create({ id, tag: id, edit: 0, title: 'all' }).settled,
    shared,
  );
  for (let round = 1; round <= rounds; round++) {
    const mishap = mishaps[(round - 1) % mishaps.length] as Mishap;
    const place = await leaderOf(tabs);
    const leader = tabs[place] as Page;
    // A page that hung in the middle of a transaction would keep all others from the database.
    const isFirst = mishap === 'hung';
    let began = performance.now();
    let goesOn = isFirst ? await befall(mishap, leader) : null;
    const writing = tabs.map((tab, i) =>
      writeIn(tab, `${round}-${i}`).catch((error: unknown) => {
        // It may die under it.
        if (tab !== leader) wrong.push(`round ${round}, tab ${i}: ${error}`);
      }),
    );
    await wait((pace * writesOfRound) / 2);
    if (!isFirst) {
      began = performance.now();
      goesOn = await befall(mishap, leader);
    }
    const others = tabs.filter((tab) => tab !== leader);
    await leaderOf(others);
    const waited = performance.now() - began;
    takeovers++;
    // It holds the lock for as long as it hangs.
    if (mishap === 'hung' && waited < hangs) steals++;
    waits[mishap].push(waited);
    if (goesOn) await goesOn();
    else tabs[place] = await device.open();
    await Promise.all(writing);
    await all((tab) => tab.evaluate(() => app.synced()));
    const unlike = await unlikeTabs(tabs);
    if (unlike) wrong.push(`round ${round}: ${unlike}`);
    const gone = missingOn(await serverRecords(server), device);
    missing.push(...gone.map((line) => `round ${round}: ${line}`));
    print(
      `round ${round}: the leader was ${mishap}, another led after ${Math.round(waited)} ms, ` +
        `${device.acknowledged.count} edits acknowledged, ${gone.length} missing`,
    );
    if (gone.length > 0 || unlike) break;
  }
  const ledger = await server.ledger();
  wrong.push(...device.pageErrors);
  return {
    ...{ rounds, takeovers, steals, waits, missing, wrong },
    acknowledged: device.acknowledged.count,
    doubled: [...doubledKeys(ledger), ...fallenCounters(ledger)],
  };
}

/** Waits until one of them leads; its place. */
async function leaderOf(tabs: readonly Page[]): Promise<number> {
  const end = performance.now() + deadline;
  while (performance.now() < end) {
    const roles = await Promise.all(tabs.map((tab) => tab.evaluate(() => app.status().role)));
    const place = roles.indexOf('leading');
    if (place >= 0) return place;
    await wait(10);
  }
  const said = tabs.map((tab) =>
    tab.evaluate(() => ({ status: app.status(), events: app.events.slice(-3) })),
  );
  const locks = await tabs[0]?.evaluate(() => navigator.locks.query());
  const seen = JSON.stringify({ said: await Promise.all(said), locks });
  throw new Error(`no tab leads after ${deadline} ms: ${seen}`);
}

/** A record of this tab alone, whose counter rises, and words in the one that all write. */
async function writeIn(tab: Page, id: string): Promise<void> {
  await tab.evaluate(
    async ({ id, pace, count, shared }) => {
      // Nobody writes in a page that is frozen.
      let state = 'shown';
      for (const [event, next] of [
        ['freeze', 'frozen'],
        ['resume', 'shown'],
      ] as const) {
        document.addEventListener(event, () => {
          state = next;
        });
      }
      const fields = { tag: id, edit: 1, title: id };
      app.apply([{ kind: 'create', model: 'item', id, fields }]);
      for (let edit = 2; edit <= count; edit++) {
        app.apply([
          { kind: 'update', model: 'item', id, fields: { edit } },
          { kind: 'update', model: 'item', id: shared, fields: { title: `${id}/${edit}` } },
        ]);
        do await new Promise((resolve) => setTimeout(resolve, pace));
        while (state === 'frozen');
      }
      await app.written();
    },
    { id, pace, count: writesOfRound, shared },
  );
}

/** What differs between the tabs when they have had time to hear of everything; null: nothing. */
async function unlikeTabs(tabs: readonly Page[]): Promise<string | null> {
  const end = performance.now() + deadline;
  for (;;) {
    const shown = await Promise.all(
      tabs.map((tab) => tab.evaluate(() => app.records()).then(textOf)),
    );
    const [first] = shown;
    const other = shown.findIndex((text) => text !== first);
    if (other < 0) return null;
    if (performance.now() > end) {
      const from = firstDifference(first ?? '', shown[other] ?? '');
      const part = (text = '') => text.slice(Math.max(0, from - 80), from + 80);
      return `tab ${other} shows … ${part(shown[other])} …, tab 0 … ${part(first)} …`;
    }
    await wait(20);
  }
}

/** Records in their order; fields have none. */
function textOf(records: object): string {
  return JSON.stringify(records, (_, value: unknown) =>
    isPlain(value) ? Object.fromEntries(Object.entries(value).sort()) : value,
  );
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstDifference(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}

/** Edits that were called saved and that the server does not have. */
function missingOn(
  there: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  { acknowledged }: Device,
): string[] {
  const lines: string[] = [];
  for (const { id, kind, edit, operationId } of acknowledged.values()) {
    if (edit === null) continue;
    const has = Number(there[id]?.edit ?? 0);
    if (has < edit)
      lines.push(`${kind} ${id} (${operationId}): edit ${edit}, the server has ${has}`);
  }
  return lines;
}
