import { expect, test } from 'vitest';
import { memory, StorageError } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { type Tab, tabsWorld } from '../support/tabs.ts';
import { busy, fateOf, gate, pause } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const milk = { title: 'Milk', done: false };

/** A leader and a follower. */
async function pair(world: ReturnType<typeof tabsWorld>): Promise<[Tab, Tab]> {
  const leader = await world.opened();
  const follower = await world.opened();
  await leader.synced();
  return [leader, follower];
}

test('P21: what a follower asks for the leader does, and the follower shows it when it is told', async () => {
  const world = tabsWorld();
  const [leader, follower] = await pair(world);
  world.server.put('todo', 'theirs', milk);
  const pulled = await follower.todo.pull();
  expect(pulled).toMatchObject({ status: 'done', model: 'todo', items: 1 });
  expect(follower.records()).toEqual([{ ...milk, id: 'theirs' }]);
  world.server.put('todo', 'theirs', { ...milk, done: true });
  expect(await follower.todo.pullById('theirs')).toMatchObject({
    ...{ status: 'done', record: { done: true } },
  });
  expect(await follower.todo.fetch({ limit: 1 })).toMatchObject({
    ...{ status: 'done', records: [{ id: 'theirs' }] },
  });
  const all = await follower.sync.syncAll();
  expect(all.map(({ status }) => status)).toEqual(['done', 'done']);
  expect(leader.records()).toEqual(follower.records());
  // Nothing of it is left in the database.
  const keys = await (await world.disk()).pageKeys();
  expect(keys.filter((key) => /^(call|answer)\//.test(key))).toEqual([]);
});

test('P21: a pull that was under way when the leader died is done by the next one', async () => {
  const world = tabsWorld();
  const never = new Promise<never>(() => {});
  let asked = 0;
  let isStuck = false;
  const leader = await world.opened({
    bend: ({ pull }) => ({
      pull: (...args) => {
        asked++;
        return isStuck ? never : pull(...args);
      },
    }),
  });
  const [first, second] = [await world.opened(), await world.opened()];
  await leader.synced();
  isStuck = true;
  const before = asked;
  world.server.put('todo', 'theirs', milk);
  const pulled = [first.todo.pull(), second.todo.pull()];
  await until('the leader was asked', () => asked > before);
  leader.kill();
  for (const result of await Promise.all(pulled)) expect(result.status).toBe('done');
  for (const tab of [first, second]) expect(tab.records()).toHaveLength(1);
});

test('N15: what a person decides about held removals in a follower is heard by the leader', async () => {
  const world = tabsWorld();
  for (let i = 10; i < 60; i++) world.server.put('todo', `t${i}`, milk);
  const [leader, follower] = await pair(world);
  await until('all is there', () => follower.records().length === 50);
  const held: number[] = [];
  follower.sync.events.on('massDeleteHeld', ({ count }) => held.push(count));
  for (let i = 10; i < 60; i++) world.server.put('todo', `t${i}`, null);
  expect((await leader.todo.pull()).status).toBe('held');
  await until('told in the other tab', () => held.length > 0);
  await until('shown in the other tab', () => follower.status().reason === 'deletesHeld');
  await follower.todo.approveDeletes();
  await until('gone', () => follower.records().length === 0);
  expect(leader.records()).toEqual([]);
});

test('S4: a clear in a follower removes the bytes, reaches all tabs, and discards what they had not sent', async () => {
  const world = tabsWorld({ bend: () => ({ push: () => new Promise(() => {}) }) });
  const [leader, follower] = await pair(world);
  const write = leader.todo.create({ ...milk, title: 'canary' });
  await write.saved;
  await until('seen', () => follower.records().length === 1);
  expect(await fateOf(follower.sync.clear({ unsent: 'refuse' }))).toBe('unsent');
  await follower.sync.clear({ unsent: 'discard' });
  const disk = await world.disk();
  const pages = await disk.readPages(await disk.pageKeys());
  expect(JSON.stringify([await disk.readRows(0, 99), pages])).not.toContain('canary');
  expect((await write.settled).outcome).toBe('discarded');
  await until('empty', () => leader.records().length === 0);
});

test('P21: flush in a follower resolves when the leader has written the checkpoint, and not before', async () => {
  const world = tabsWorld();
  const [leader, follower] = await pair(world);
  leader.hang();
  const { saved } = follower.todo.create(milk);
  await saved;
  let isFlushed = false;
  const flushed = follower.sync.persistor.flush().then(() => {
    isFlushed = true;
  });
  await pause(30);
  expect(isFlushed).toBe(false);
  leader.wake();
  await flushed;
  // It stands in the checkpoint: the journal holds what came after.
  const rows = await (await world.disk()).readRows(0, 99);
  expect(JSON.stringify(rows)).not.toContain('recorded');
});

test('P13: a pause in any tab holds all of them, also those that are opened later and the next leader', async () => {
  const world = tabsWorld();
  const [leader, follower] = await pair(world);
  follower.sync.pause();
  await until('the leader holds', () => leader.status().reason === 'paused');
  const late = await world.opened();
  await until('the new tab holds', () => late.status().reason === 'paused');
  const write = late.todo.create(milk);
  await write.saved;
  leader.kill();
  await until('another leads', () => [late, follower].some((tab) => tab.role() === 'leading'));
  await pause(30);
  expect(world.server.pushes).toBe(0);
  const next = follower.role() === 'leading' ? late : follower;
  await next.sync.resume();
  expect((await write.settled).outcome).toBe('committed');
  for (const tab of [late, follower]) await tab.synced();
});

test('I16: a follower says what the leader does, and claims nothing while it hears nothing of it', async () => {
  const answer = gate();
  const world = tabsWorld({
    bend: ({ push }) => ({ push: (...args) => answer.opened.then(() => push(...args)) }),
  });
  const [leader, follower] = await pair(world);
  await follower.synced();
  const { id } = leader.todo.create(milk);
  const word = () => follower.todo.selectRecordStatus(follower.store.getState(), id).status;
  await until('under way, in the other tab', () => word() === 'syncing');
  expect(follower.status()).toMatchObject({ phase: 'syncing', syncing: 1 });
  leader.hang();
  await until('nothing is heard', () => follower.status().reason === 'leaderless');
  expect(word()).toBe('pending');
  expect(follower.status()).toMatchObject({ phase: 'waiting', online: false, syncing: 0 });
  answer.open();
  await follower.becomes('leading');
  await follower.synced();
  leader.wake();
  await leader.synced();
});

test('I16: why nothing moves is said in every tab: no way to the server, and a pull that failed', async () => {
  let isAway = false;
  const nobody = () => Promise.reject(new Error('no network'));
  const world = tabsWorld({
    bend: ({ push, probe, pull }) => ({
      push: (...args) => (isAway ? nobody() : push(...args)),
      probe: (...args) => (isAway ? nobody() : probe(...args)),
      pull: (...args) =>
        isAway ? Promise.resolve({ kind: 'failed', failure: busy } as const) : pull(...args),
    }),
  });
  const [leader, follower] = await pair(world);
  const failed: (string | undefined)[] = [];
  follower.sync.events.on('pullFailed', ({ failure }) => failed.push(failure.code));
  isAway = true;
  await leader.todo.pull();
  // A second one may fail, and be told, before anybody looks.
  await until('told in the other tab', () => failed.length > 0);
  expect(new Set(failed)).toEqual(new Set(['server']));
  follower.todo.create(milk);
  await until('offline, in both', () =>
    [leader, follower].every((tab) => tab.status().reason === 'offline'),
  );
  expect(() => follower.todo.create(milk, { offline: 'refuse' })).toThrow(
    expect.objectContaining({ code: 'offline' }),
  );
  isAway = false;
  await follower.sync.resume();
  await follower.synced();
});

test('MT8 ST7: a tab whose database a newer build takes over shows its records, and says that it writes no more', async () => {
  let isTaken = false;
  const storage = bent(memory(), {
    beforeCommit: () => {
      if (isTaken) throw new StorageError('newerSchema', 'a newer build was here');
    },
  });
  const world = tabsWorld({ storage });
  const [leader, follower] = await pair(world);
  await follower.todo.create(milk).settled;
  isTaken = true;
  for (const tab of [leader, follower]) {
    const late = tab.todo.create(milk);
    expect(await fateOf(late.saved)).toBe('notSaved');
    await tab.becomes('readOnly');
    expect(tab.status()).toMatchObject({ phase: 'attention', reason: 'readOnly' });
    expect(() => tab.todo.create(milk)).toThrow(expect.objectContaining({ code: 'readOnly' }));
    expect(await fateOf(tab.sync.persistor.flush())).toBe('readOnly');
    expect(tab.records()).toHaveLength(1);
  }
});

test('P13: a stop of a follower ends what it asked for, and leaves nothing waiting', async () => {
  const world = tabsWorld();
  const [leader, follower] = await pair(world);
  leader.hang();
  const flushed = follower.sync.persistor.flush();
  const pulled = follower.todo.pull();
  await pause(10);
  await follower.sync.stop();
  expect(await fateOf(flushed)).toBe('notStarted');
  expect(await fateOf(pulled)).toBe('notStarted');
});
