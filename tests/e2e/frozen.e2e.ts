import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { launchPlain, type PlainTab } from '../support/browser/plainBrowser.ts';
import { makeProfile } from '../support/browser/profile.ts';
import { servePage } from '../support/browser/serve.ts';
import { writeQuery } from './pages/query.ts';
import { serveApp } from './support/device.ts';
import { serverRecords } from './support/ledger.ts';
import { ServerProcess } from './support/referenceServer.ts';

const role = (tab: PlainTab, name: string) => tab.run(`app.role('${name}')`);
const idsIn = (tab: PlainTab) => tab.run('app.records().item.map(({ id }) => id)');
const save = (tab: PlainTab, id: string) =>
  tab.run(`app.sync.models.item.create({ id: '${id}', tag: '${id}', edit: 1, title: 'x' }).saved`);

test('MT3: a leader that the browser freezes lets the lead go, runs nothing, and comes back to what the other did', async () => {
  await using page = await serveApp();
  await using server = await ServerProcess.make();
  await using profile = await makeProfile();
  await using browser = await launchPlain(profile.path);
  const url = `${page.origin}/${writeQuery({ name: 'frozen', api: server.apiUrl })}`;
  const first = await browser.open(url);
  await role(first, 'leading');
  const second = await browser.open(url);
  await role(second, 'following');
  await save(first, 'a');
  await first.run('globalThis.turns = 0; setInterval(() => { turns++; }, 10); 0');
  await first.freeze();
  const turns = await first.run('turns');
  expect(await first.run('app.status().role')).toBe('frozen');

  await role(second, 'leading');
  await save(second, 'b');
  await second.run('app.synced()');
  await wait(500);
  expect(await first.run('document.visibilityState')).toBe('hidden');
  expect(await first.run('turns')).toBe(turns);
  expect(await idsIn(first)).toEqual(['a']);

  await first.thaw();
  await role(first, 'following');
  await expect.poll(() => idsIn(first)).toEqual(['a', 'b']);
  await save(first, 'c');
  await expect.poll(() => idsIn(second)).toEqual(['a', 'b', 'c']);
  await second.run('app.synced()');
  expect(Object.keys(await serverRecords(server))).toEqual(['a', 'b', 'c']);
  expect(await server.ledger()).toHaveLength(3);
}, 60_000);

test('MT3: a page that is frozen in the middle of its work holds no transaction that others wait for', async () => {
  const entry = fileURLToPath(new URL('./pages/busyStorage.ts', import.meta.url));
  const page = await servePage({ entry });
  await using profile = await makeProfile();
  await using browser = await launchPlain(profile.path);
  const busy = await browser.open(page.url);
  const other = await browser.open(page.url);
  await busy.run('busyStorage.beBusy()');
  for (let round = 0; round < 20; round++) {
    const before = await busy.run('busyStorage.done');
    await expect.poll(() => busy.run('busyStorage.done')).toBeGreaterThan(Number(before));
    await busy.freeze();
    const answer = other.run('busyStorage.write()');
    expect(await Promise.race([answer, wait(5_000, 'no answer')]), `round ${round}`).toBe(
      'written',
    );
    await busy.thaw();
  }
  expect(await busy.run('busyStorage.failed')).toBe(0);
  await page.close();
}, 60_000);
