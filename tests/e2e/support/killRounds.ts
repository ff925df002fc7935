import { setTimeout as wait } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { ServedPage } from '../../support/browser/serve.ts';
import type { PageQuery } from '../pages/query.ts';
import { KillWorld } from './killWorld.ts';
import { doubledKeys, fallenCounters, serverRecords, shownRecords } from './ledger.ts';
import { between, createRandom, type Random } from './random.ts';
import { ServerProcess } from './referenceServer.ts';

export interface KillOptions {
  readonly rounds: number;
  readonly seed: string;
  readonly page: ServedPage;
  readonly storage?: PageQuery['storage'];
  readonly durability?: PageQuery['durability'];
  /**
   * Every so many rounds the end of the database's log is cut off, so that it loses its last
   * transactions, and the browser deletes it; where it does not (it may tidy its log up before it looks
   * at it), the next round tries again. Default: never.
   */
  readonly tearEvery?: number;
  /**
   * Every so many rounds the database is deleted, in turn before the first and before the second
   * reopening: then the shelf is as the kill has left it. Default: never.
   */
  readonly deleteEvery?: number;
  /** Ends after the round that lost something: one is enough to know. */
  readonly untilMissing?: boolean;
  /** One line a round. */
  readonly print: (line: string) => void;
}

export interface KillSummary {
  readonly rounds: number;
  readonly kills: number;
  /** Databases that the browser threw away. */
  readonly wipes: number;
  /** Those among them that we had torn. */
  readonly torn: number;
  readonly acknowledged: number;
  readonly missing: readonly string[];
  readonly doubled: readonly string[];
  /** Errors that the page did not catch, and ends that do not agree. */
  readonly wrong: readonly string[];
}

/** Bytes that a tear cuts off: the end of the last write, or some of the last transactions too. */
const cuts = [3, 300, 3_000];

/** Waiting edits beyond which a round has a network, so that none ends unremembered. */
const backlog = 4_000;

/**
 * Rounds of: write under load, SIGKILL the whole browser at a moment drawn from the seed, reopen,
 * check, SIGKILL at once, reopen, check. A round begins in the browser that the last one reopened.
 * At the end everything must reach the server, once.
 */
export async function killRounds(options: KillOptions): Promise<KillSummary> {
  const { rounds, seed, page, storage = 'real', durability = 'double' } = options;
  const { untilMissing = false, print } = options;
  const { tearEvery = Number.POSITIVE_INFINITY, deleteEvery = Number.POSITIVE_INFINITY } = options;
  const missing: string[] = [];
  const wrong: string[] = [];
  const count = { rounds: 0, kills: 0, wipes: 0, torn: 0, acknowledged: 0 };
  await using server = await ServerProcess.make();
  await using world = await KillWorld.make(page, server, { storage, durability });
  let tab = await world.device.open();
  let tearsOwed = 0;
  for (let round = 1; round <= rounds; round++) {
    const random = createRandom(`${seed}/${round}`);
    const before = world.device.acknowledged.count;
    const what = await writeAndKill(world, server, tab, random, `${seed}/${round}`, round);
    if (round % tearEvery === 0) tearsOwed++;
    const isTorn = tearsOwed > 0;
    if (isTorn) await world.device.tear(cuts[between(random, 0, cuts.length - 1)]);
    const fresh = world.device.acknowledged.count - before;
    count.rounds = round;
    count.acknowledged += fresh;
    const found: string[] = [];
    let wiped = false;
    for (const reopening of ['first', 'second']) {
      count.kills++;
      const turn = (round / deleteEvery) % 2 === 0 ? 'first' : 'second';
      if (round % deleteEvery === 0 && reopening === turn) await world.device.wipe();
      tab = await world.device.open();
      const findings = await world.check(tab, { forget: reopening === 'second' });
      found.push(...findings.missing.map((line) => `round ${round}, ${reopening}: ${line}`));
      wiped ||= findings.wiped;
      if (reopening === 'first') await world.device.kill();
    }
    if (wiped) count.wipes++;
    if (wiped && isTorn) {
      count.torn++;
      tearsOwed--;
    }
    missing.push(...found);
    const waiting = world.device.acknowledged.count;
    print(
      `round ${round}: ${what}, ${fresh} acknowledged, ${waiting} waiting, ` +
        `${found.length} missing${wiped ? ', the database was deleted' : ''}` +
        `${isTorn ? ' (torn)' : ''}`,
    );
    if (untilMissing && missing.length > 0) break;
  }
  wrong.push(...world.device.pageErrors);
  // A device that lost what it had said was saved owes nobody a tidy end.
  if (missing.length === 0) wrong.push(...(await endsWell(world, server, tab)));
  const ledger = await server.ledger();
  return {
    ...count,
    missing,
    wrong,
    doubled: [...doubledKeys(ledger), ...fallenCounters(ledger)],
  };
}

/** Returns in a few words what the round was like. */
async function writeAndKill(
  { device }: KillWorld,
  server: ServerProcess,
  tab: Page,
  random: Random,
  seed: string,
  round: number,
): Promise<string> {
  const online = random() < 0.5 || device.acknowledged.count > backlog;
  const changes = random() < 0.3;
  const heavy = random() < 0.2;
  const dropAnswers = random() < 0.3 ? between(random, 1, 5) : 0;
  const delayMs = random() < 0.3 ? between(random, 1, 40) : 0;
  const delay = between(random, 20, heavy ? 900 : 500);
  await server.trouble({ cut: !online, dropAnswers, delayMs });
  if (online) await tab.evaluate(() => app.connect());
  const load = {
    seed,
    prefix: `${seed.replace('/', '-')}`,
    firstEdit: round * 1_000_000,
    // A checkpoint is written after some 1,000 rows of what waits no longer.
    budget: heavy ? 1_200 : 300,
    burst: heavy ? 300 : 12,
  };
  // The page dies under it.
  const dies = tab.evaluate((how) => app.load(how), load).catch(() => {});
  await wait(delay / 2);
  if (changes) {
    await server.trouble({ cut: online });
    if (!online) tab.evaluate(() => app.connect()).catch(() => {});
  }
  await wait(delay / 2);
  await device.kill();
  await dies;
  const network = changes ? (online ? 'lost' : 'found') : online ? 'on' : 'off';
  return `network ${network}${heavy ? ', heavy' : ''}, killed after ${delay} ms`;
}

/** Everything goes to the server; then both show the same. */
async function endsWell(world: KillWorld, server: ServerProcess, tab: Page): Promise<string[]> {
  await server.trouble({ cut: false, dropAnswers: 0, delayMs: 0 });
  await tab.evaluate(async () => {
    await app.connect();
    await app.sync.syncAll();
    await app.synced();
  });
  const { missing } = await world.check(tab, { forget: true });
  const left = world.device.acknowledged.count;
  const here = shownRecords(await tab.evaluate(() => app.records()));
  const there = await serverRecords(server);
  const tags = [...new Set([...Object.keys(here), ...Object.keys(there)])];
  const unlike = tags.filter((tag) => JSON.stringify(here[tag]) !== JSON.stringify(there[tag]));
  return [
    ...missing,
    ...(left > 0 ? [`${left} edits still wait after the end`] : []),
    ...unlike.map(
      (tag) => `${tag}: ${JSON.stringify(here[tag])} here, ${JSON.stringify(there[tag])} there`,
    ),
  ];
}
