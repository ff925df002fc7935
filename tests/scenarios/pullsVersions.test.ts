import { describe, expect, test } from 'vitest';
import { entryOf, idsOf, patient, progressOf, seed } from '../support/pulls.ts';
import {
  type Bend,
  busy,
  gate,
  stateOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { type Device, until } from '../support/world.ts';

const world = tinyWorld();
const opaque = (n: number) => `"${'abcdefghij'[n % 10]}${n}x"`;
const milk = { title: 'Milk', done: false };

/** Lists that are answered when the test says so, from what the server had before. */
function heldPulls() {
  let answered = gate();
  let hold = false;
  let held = 0;
  const bend: Bend = ({ pull }) => ({
    pull: async (request, signal) => {
      const page = await pull(request, signal);
      if (!hold || request.model.name !== 'todo') return page;
      hold = false;
      held++;
      await answered.opened;
      return page;
    },
  });
  return {
    bend,
    hold: () => {
      answered = gate();
      hold = true;
      const before = held;
      return until('the page is under way', () => held > before);
    },
    open: () => answered.open(),
  };
}

/** The next answer to a write is lost: the server took it, and nobody here knows. */
function lossy() {
  let lose = false;
  const bend: Bend = ({ push }) => ({
    push: async (...args) => {
      const answer = await push(...args);
      return lose ? { kind: 'retryLater', failure: busy } : answer;
    },
  });
  return {
    bend,
    lose: (now = true) => {
      lose = now;
    },
  };
}

const waitsToRetry = (device: Device) =>
  until('it waits to be sent again', () => stateOf(device).sequenced.counts.backoff === 1);

describe('what is older than what is here', () => {
  test('SV24 NW22: an item of a lower version is ignored, also in a page that moves the cursor', async () => {
    const [first = ''] = seed(world.server, 2);
    const old = world.server.read('todo', first);
    world.server.put('todo', first, { title: 'new', done: true });
    let stale = false;
    const bend: Bend = ({ pull }) => ({
      pull: async (...args) => {
        const page = await pull(...args);
        if (!stale || page.kind !== 'page' || !old.record) return page;
        return { ...page, items: [{ id: first, record: old.record, version: old.version }] };
      },
    });
    const device = await world.settled({ bend });
    stale = true;
    world.server.put('todo', 'other', milk);
    await device.sync.models.todo.pull();
    expect(todoOf(device, first)).toMatchObject({ title: 'new' });
    expect(progressOf(device)?.cursor).toBe('4');
  });

  test('DA15 NW22: a tombstone that is older than the record made anew is ignored, in whatever order they come', async () => {
    const [first = ''] = seed(world.server, 1);
    const pages: object[] = [];
    const bend: Bend = ({ pull }) => ({
      pull: async (request, signal) => {
        const page = await pull(request, signal);
        const more = page.kind === 'page' && request.model.name === 'todo' && pages.shift();
        return more ? { ...page, ...more } : page;
      },
    });
    const device = await world.settled({ bend });
    const { todo } = device.sync.models;
    world.server.put('todo', first, null);
    world.server.put('todo', first, { title: 'anew', done: true });
    const items = [{ id: first, record: { id: first, title: 'anew', done: true }, version: '"3"' }];
    pages.push({ items, deleted: [{ id: first, version: '"2"' }] });
    await todo.pull();
    expect(todoOf(device, first)).toMatchObject({ title: 'anew' });
    pages.push({ items: [], deleted: [{ id: first, version: '"2"' }] });
    await todo.pull();
    expect(todoOf(device, first)).toMatchObject({ title: 'anew' });
    // Without versions the list decides where both stand in it.
    pages.push({ items, deleted: [{ id: first }] });
    await todo.pull();
    expect(todoOf(device, first)).toBeDefined();
    pages.push({ items, deleted: [{ id: first, version: '"4"' }] });
    await todo.pull();
    expect(todoOf(device, first)).toBeUndefined();
  });

  test('SV29: of a record that stands twice in a page the newer counts', async () => {
    const twice = ['"7"', '"6"'].map((version) => ({
      ...{ id: 'a', record: { id: 'a', title: version, done: false }, version },
    }));
    const bend: Bend = ({ pull }) => ({
      pull: async (...args) => {
        const page = await pull(...args);
        return page.kind === 'page' ? { ...page, items: [...page.items, ...twice] } : page;
      },
    });
    const device = await world.settled({ bend });
    expect(todoOf(device, 'a')).toMatchObject({ title: '"7"' });
  });
});

describe('a pull that began before a commit’s answer', () => {
  test.each([
    ['numbers', (n: number) => `"${n}"`, 0],
    ['ETags without an order', opaque, 1],
  ])('SV24: does not bring the older record back (%s)', async (_, versioned, reads) => {
    world.server.versioned = versioned;
    const pulls = heldPulls();
    const device = await world.settled({ bend: pulls.bend });
    const { todo } = device.sync.models;
    const { id, settled } = todo.create(milk);
    await settled;
    const held = pulls.hold();
    const pull = todo.pull();
    await held;
    await todo.update(id, { title: 'Tea' }).settled;
    const seen: unknown[] = [];
    device.store.subscribe(() => seen.push(todoOf(device, id)?.title));
    pulls.open();
    expect((await pull).status).toBe('done');
    expect(new Set(seen)).toEqual(new Set(['Tea']));
    expect(world.server.reads).toBe(reads);
    expect(progressOf(device)?.cursor).not.toBeNull();
  });

  test.each([
    ['once: the page is asked for again', 1, { pulls: 2, reads: 0 }],
    ['each time: they are read one by one in the end', 9, { pulls: 4, reads: 60 }],
  ])(
    'SV24: nor many that were confirmed while the page was on its way, %s',
    async (_, times, { pulls, reads }) => {
      world.server.versioned = opaque;
      const ids = seed(world.server, 60);
      let left = 0;
      let asked = 0;
      let meanwhile: () => Promise<unknown> = async () => {};
      const bend: Bend = ({ pull }) => ({
        pull: async (request, signal) => {
          const page = await pull(request, signal);
          if (request.model.name !== 'todo') return page;
          asked++;
          if (left-- > 0) await meanwhile();
          return page;
        },
      });
      const device = await world.settled({ bend });
      const { todo } = device.sync.models;
      let counter = 0;
      meanwhile = () => {
        counter++;
        return Promise.all(ids.map((id) => todo.update(id, { counter }).settled));
      };
      asked = 0;
      left = times;
      const seen = new Set<unknown>();
      let least = 0;
      device.store.subscribe(() => {
        const shown = todoOf(device, ids[7] ?? '')?.counter ?? 0;
        if (shown < least) seen.add([least, shown]);
        least = shown;
      });
      expect((await todo.pull({ full: true })).status).toBe('done');
      expect({ pulls: asked, reads: world.server.reads }).toEqual({ pulls, reads });
      expect([...seen]).toEqual([]);
      expect(todoOf(device, ids[7] ?? '')).toMatchObject({ counter });
      expect(progressOf(device)).toMatchObject({ fullSince: null });
    },
  );

  test('DA15 SV24: nor a record whose delete was answered meanwhile', async () => {
    const [first = ''] = seed(world.server, 2);
    const pulls = heldPulls();
    const device = await world.settled({ bend: pulls.bend });
    const { todo } = device.sync.models;
    const held = pulls.hold();
    const pull = todo.pull({ full: true });
    await held;
    await todo.remove(first).settled;
    pulls.open();
    expect((await pull).status).toBe('done');
    expect(idsOf(device)).not.toContain(first);
    expect(world.server.reads).toBe(1);
  });

  test('I15: where records change faster than they can be read the pull ends, and stores no cursor', async () => {
    world.server.versioned = opaque;
    const pulls = heldPulls();
    let change: () => Promise<unknown> = async () => {};
    const bend: Bend = (straight) => ({
      ...pulls.bend(straight),
      read: async (...args) => {
        const remote = await straight.read(...args);
        await change();
        return remote;
      },
    });
    const device = await world.settled({ bend, more: patient });
    const { todo } = device.sync.models;
    const { id, settled } = todo.create(milk);
    await settled;
    await todo.pull();
    const before = progressOf(device)?.cursor;
    let n = 0;
    change = () => todo.update(id, { counter: ++n }).settled;
    const held = pulls.hold();
    world.server.put('todo', id, { title: 'theirs', done: true });
    const pull = todo.pull();
    await held;
    await change();
    pulls.open();
    const result = await pull;
    expect(result).toMatchObject({ status: 'failed', failure: { code: 'unreadable' } });
    expect(world.server.reads).toBeLessThan(60);
    expect(progressOf(device)?.cursor).toBe(before);
  });
});

test('SV24 I11: a list from before a record was deleted does not put it under the one that was made anew since', async () => {
  const pulls = heldPulls();
  const created = gate();
  const bend: Bend = (straight) => ({
    ...pulls.bend(straight),
    push: async (...args) => {
      const answer = await straight.push(...args);
      // The answer to the create is on its way when the list arrives.
      if (args[0].kind === 'create') await created.opened;
      return answer;
    },
  });
  const device = await world.settled({ bend });
  const { todo } = device.sync.models;
  // Not known when the list is asked for.
  const [id = ''] = seed(world.server, 1);
  const held = pulls.hold();
  const pull = todo.pull();
  await held;
  await todo.pullById(id);
  world.server.reads = 0;
  await todo.remove(id).settled;
  const again = todo.create({ id, ...milk });
  await until('it is under way', () => world.server.find('todo', id)?.record?.title === 'Milk');
  pulls.open();
  await until('the list is judged', () => world.server.reads > 0 || !!entryOf(device, id)?.base);
  expect(entryOf(device, id)?.base?.title ?? 'Milk').toBe('Milk');
  created.open();
  expect((await again.settled).outcome).toBe('committed');
  await pull;
  expect(todoOf(device, id)).toEqual({ id, ...milk });
});

describe('NW3 SV19: an own write is recognised in a pull', () => {
  test('by the operation that the server names: an update, and a create', async () => {
    world.server.namesOperations = true;
    const loss = lossy();
    const device = await world.settled({ bend: loss.bend, more: patient });
    const { todo } = device.sync.models;
    loss.lose();
    const made = todo.create(milk);
    await waitsToRetry(device);
    const { pushes } = world.server;
    await todo.pull();
    expect((await made.settled).outcome).toBe('committed');
    const edit = todo.update(made.id, { title: 'Tea' });
    await waitsToRetry(device);
    await todo.pull();
    expect((await edit.settled).outcome).toBe('committed');
    expect(world.server.pushes).toBe(pushes + 1);
    expect(entryOf(device, made.id)).toMatchObject({ version: '"2"', base: { title: 'Tea' } });
    await synced(device);
  });

  test('SV22 P28: with an id of the server’s, which is an alias from then on', async () => {
    world.server.namesOperations = true;
    const loss = lossy();
    const device = await world.settled({ bend: loss.bend, more: patient });
    const { note } = device.sync.models;
    loss.lose();
    const made = note.create({ text: 'one' });
    await waitsToRetry(device);
    expect((await note.pull()).status).toBe('done');
    expect((await made.settled).outcome).toBe('committed');
    const state = device.store.getState();
    const [serverId = ''] = world.server.ids('note');
    expect(note.selectIds(state)).toEqual([made.id]);
    expect(note.selectById(state, serverId)).toMatchObject({ id: made.id });
  });

  test('SV22: what nobody knows waits while a create of ours may be it', async () => {
    const loss = lossy();
    const device = await world.settled({ bend: loss.bend, more: patient });
    const { note } = device.sync.models;
    loss.lose();
    const made = note.create({ text: 'one' });
    await waitsToRetry(device);
    expect((await note.pull()).status).toBe('postponed');
    expect(note.selectIds(device.store.getState())).toEqual([made.id]);
  });

  test('without its name: a patch that stands there, right after our version', async () => {
    const [first = '', second = ''] = seed(world.server, 2);
    const loss = lossy();
    const device = await world.settled({ bend: loss.bend, more: patient });
    const { todo } = device.sync.models;
    loss.lose();
    const edit = todo.update(first, { title: 'Tea', counter: 2 });
    await waitsToRetry(device);
    await todo.pull();
    expect((await edit.settled).outcome).toBe('committed');
    await synced(device);
    // The same words, but somebody else came in between: the request itself must tell.
    const other = todo.update(second, { title: 'Tea' });
    await waitsToRetry(device);
    world.server.put('todo', second, { title: 'Tea', done: true });
    await todo.pull();
    expect(stateOf(device).sequenced.counts.backoff).toBe(1);
    let ended = false;
    other.settled.then(() => {
      ended = true;
    });
    await todo.pull();
    expect(ended).toBe(false);
  });

  test('I3: somebody else’s operation is never taken for ours', async () => {
    world.server.namesOperations = true;
    const [first = ''] = seed(world.server, 1);
    const bend: Bend = () => ({ push: async () => ({ kind: 'retryLater', failure: busy }) });
    const device = await world.settled({ bend, more: patient });
    const { todo } = device.sync.models;
    todo.update(first, { title: 'Tea' });
    await waitsToRetry(device);
    world.server.put('todo', first, { title: 'Tea', done: false }, 'somebody-else');
    await todo.pull();
    expect(stateOf(device).sequenced.counts.backoff).toBe(1);
    expect(todoOf(device, first)).toMatchObject({ title: 'Tea' });
  });
});
