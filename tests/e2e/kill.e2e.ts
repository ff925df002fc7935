import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServedPage } from '../support/browser/serve.ts';
import { serveApp } from './support/device.ts';
import { killRounds } from './support/killRounds.ts';

let page: ServedPage;
const seed = process.env.SYNCHARTS_SEED ?? Math.random().toString(36).slice(2, 8);

beforeAll(async () => {
  page = await serveApp();
});

afterAll(() => page.close());

test('P1 P4 N16 ST14 ST25 CR1 CR2 CR5 CR7 CR20: 20 rounds of kills under load, six of them with the end of the database cut off or all of it deleted, lose nothing that was called saved, and nothing is done twice', async () => {
  const lines = [`seed ${seed}`];
  try {
    const summary = await killRounds({
      ...{ rounds: 20, tearEvery: 9, deleteEvery: 5, seed, page },
      print: (line) => lines.push(line),
    });
    const { kills, wipes, missing, acknowledged } = summary;
    lines.push(
      `${kills} kills, ${acknowledged} edits acknowledged, ${wipes} wipes, ${missing.length} missing`,
    );
    lines.push(...missing, ...summary.doubled, ...summary.wrong);
    expect(summary).toMatchObject({ rounds: 20, missing: [], doubled: [], wrong: [] });
    // Now and then the browser tidies a log up before it sees that its end is missing.
    expect(summary.torn).toBeGreaterThan(0);
    expect(summary.acknowledged).toBeGreaterThan(500);
  } finally {
    console.log(lines.join('\n'));
  }
});

test('the kill harness finds a storage that says "saved" 100 ms too early', async () => {
  const { rounds, missing } = await killRounds({
    // The second shelf would make good what such a storage loses.
    ...{ rounds: 20, seed, page, storage: 'early', durability: 'single', untilMissing: true },
    print: () => {},
  });
  console.log(`found in round ${rounds}: ${missing.length} missing (seed ${seed})`);
  expect(missing.length).toBeGreaterThan(0);
});
