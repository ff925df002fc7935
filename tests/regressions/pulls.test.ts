import { expect, test } from 'vitest';
import type { Transport } from '../../src/index.ts';
import { memory, StorageError } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import {
  busy,
  gate,
  pause,
  stateOf,
  statusOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();
const patient = { backoff: { base: 60_000, cap: 60_000 } };

test('NW20: a pull that fails while the server answers the probe is not repeated at once', async () => {
  let asked = 0;
  const pull: Transport['pull'] = async () => {
    asked++;
    await pause(0);
    throw new TypeError('connection reset');
  };
  const device = await world.started({ bend: () => ({ pull }), more: patient });
  await until('all pulls failed', () => statusOf(device).reason === 'pullFailed');
  await pause(150);
  expect(asked).toBe(2);
});

test('ST2: a page that finds no room on the disk is not asked for again at once', async () => {
  world.server.put('todo', 'a', { title: 'A' });
  const storage = bent(memory(), {
    beforeCommit: ({ append }) => {
      if (append?.some((row) => row.includes('"pulled"'))) throw new StorageError('quota', 'full');
    },
  });
  const device = await world.started({ storage, more: patient });
  await until('all pulls failed', () => statusOf(device).reason === 'pullFailed');
  await pause(150);
  expect(world.server.pulls).toBe(2);
});

test('I16: nothing is called synced while pulls fail; it is as soon as they work again', async () => {
  let broken = true;
  const device = await world.started({
    bend: ({ pull }) => ({
      pull: async (...args) => (broken ? { kind: 'failed', failure: busy } : pull(...args)),
    }),
    more: patient,
  });
  await until('it waits', () => statusOf(device).phase === 'waiting');
  await until('it says why', () => statusOf(device).reason === 'pullFailed');
  broken = false;
  await device.sync.syncAll();
  expect(statusOf(device)).toMatchObject({ phase: 'synced', reason: null });
});

test('a pull that a clear overtakes leaves nothing out of the next one', async () => {
  for (const id of ['a', 'b']) world.server.put('todo', id, { title: id });
  const answered = gate();
  let hold = false;
  let held = false;
  const device = await world.settled({
    bend: ({ pull }) => ({
      pull: async (...args) => {
        const answer = await pull(...args);
        if (!hold) return answer;
        hold = false;
        held = true;
        await answered.opened;
        return answer;
      },
    }),
  });
  world.server.put('todo', 'c', { title: 'c' });
  const { todo } = device.sync.models;
  hold = true;
  const overtaken = todo.pull();
  await until('the answer is under way', () => held);
  await device.sync.clear({ unsent: 'discard' });
  answered.open();
  expect((await overtaken).status).toBe('postponed');
  await todo.pull();
  expect(todo.selectIds(device.store.getState())).toEqual(['a', 'b', 'c']);
});

test('SV27 SV30: cursors that expire as soon as they are given end the pull, after two tries', async () => {
  let asked = 0;
  const page = { items: [], deleted: [], cursor: 'fresh', hasMore: true };
  const device = await world.started({
    bend: ({ pull }) => ({
      pull: async (request, ...rest) => {
        if (request.model.name !== 'todo') return pull(request, ...rest);
        asked++;
        await pause(0);
        return request.cursor === null ? { kind: 'page', ...page } : { kind: 'expired' };
      },
    }),
    more: patient,
  });
  const { todo } = device.sync.models;
  await until('the first pull failed', () => statusOf(device).reason === 'pullFailed');
  asked = 0;
  expect((await todo.pull()).status).toBe('failed');
  expect(asked).toBeLessThan(5);
});

test('a list without versions takes none from a record that is still the same', async () => {
  const sent: (string | null)[] = [];
  const device = await world.settled({
    bend: ({ push, pull }) => ({
      push: async (request, ...rest) => {
        sent.push(request.ifMatch);
        return push(request, ...rest);
      },
      pull: async (...args) => {
        const page = await pull(...args);
        if (page.kind !== 'page') return page;
        return { ...page, items: page.items.map((item) => ({ ...item, version: null })) };
      },
    }),
  });
  const { todo } = device.sync.models;
  const { id, settled } = todo.create({ title: 'Milk', done: false });
  await settled;
  await todo.pull();
  await todo.update(id, { done: true }).settled;
  expect(sent).toEqual([null, '"1"']);
  // Where others changed it the version is of another record.
  world.server.put('todo', id, { title: 'Theirs', done: true });
  await todo.pull();
  await todo.update(id, { done: false }).settled;
  expect(sent.at(-1)).toBeNull();
});

test('a pull asked for before the start, and after the stop, says that there was none', async () => {
  world.server.put('todo', 'a', { title: 'A' });
  const device = world.device();
  const { todo } = device.sync.models;
  expect((await todo.pull()).status).not.toBe('done');
  device.sync.start();
  await device.sync.ready;
  await synced(device);
  expect(todoOf(device, 'a')).toBeDefined();
  await device.sync.stop();
  expect((await todo.pull()).status).not.toBe('done');
  expect(stateOf(device).ephemeral.role).toBe('stopped');
});
