import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shelfCases } from '../contracts/shelf.ts';
import { launchBrowser } from '../support/browser/launch.ts';
import { makeProfile, type Profile } from '../support/browser/profile.ts';
import { type ServedPage, servePage } from '../support/browser/serve.ts';
import type {} from './pages/shelf.ts';

let served: ServedPage;
let profile: Profile;

beforeAll(async () => {
  served = await servePage({ entry: fileURLToPath(new URL('./pages/shelf.ts', import.meta.url)) });
  profile = await makeProfile();
});

afterAll(async () => {
  await served.close();
  await profile[Symbol.asyncDispose]();
});

test('the private file system of a real browser keeps the shelf contract', async () => {
  await using running = await launchBrowser({ profile: profile.path });
  const page = await running.newPage(served.url);
  for (const { title } of shelfCases) {
    expect(await page.evaluate((title) => shelfPage.runCase(title), title), title).toBeNull();
  }
});

test('ST12: zeros behind what a crash left are room: they are not read, and the next line goes before them', async () => {
  await using running = await launchBrowser({ profile: profile.path });
  const page = await running.newPage(served.url);
  for (const left of ['one\ntwo\n', 'one\ntorn', '']) {
    for (const zeros of [0, 1, 65_536, 200_000]) {
      const found = await page.evaluate(
        ({ left, zeros }) => shelfPage.afterCrash(left + '\0'.repeat(zeros), '\nthree\n'),
        { left, zeros },
      );
      expect([found.size, found.read]).toEqual([left.length, left]);
      expect(found.bytes.replace(/\0+$/, '')).toBe(`${left}\nthree\n`);
      // It had room, so it is as long as it was; else it was given some.
      if (zeros > 1) expect(found.bytes.length).toBe(left.length + zeros);
      else expect(found.bytes.length).toBe(65_536);
    }
  }
});

test('ST25: what the second shelf called kept survives SIGKILL of the whole browser', async () => {
  let told = 0;
  for (let round = 0; round < 3; round++) {
    await using running = await launchBrowser({ profile: profile.path });
    await running.context.exposeBinding('told', (_source, n: number) => {
      told = n;
    });
    const page = await running.newPage(served.url);
    expect(await page.evaluate(() => shelfPage.last())).toBeGreaterThanOrEqual(told);
    const dies = page.evaluate((from) => shelfPage.fill(from), told + 2).catch(() => {});
    await wait(150 + 100 * round);
    await running.kill();
    await dies;
  }
  expect(told).toBeGreaterThan(10);
});
