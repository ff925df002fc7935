import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { SyncState, TransportFactory } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { memory, StorageError } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { fetching } from '../support/fetching.ts';
import { mainJobWorld } from '../support/mainJobWorld.ts';
import { canonical } from '../support/rows.ts';
import { deviceEnv, makeDevice, until, untilAsync } from '../support/world.ts';

const { world, word, record, row, body } = mainJobWorld();

describe('writing', () => {
  test('S4 S6: what is written is shown at once, saved, and reaches the server', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const write = todo.create({ title: 'Milk', done: false });
    expect(record(device, write.id)?.title).toBe('Milk');
    expect(word(device, write.id)).toBe('saving');
    await write.saved;
    expect((await write.settled).outcome).toBe('committed');
    expect(body(write.id)).toEqual({ id: write.id, title: 'Milk', done: false });
    await todo.update(write.id, { done: true }).settled;
    expect(body(write.id)).toMatchObject({ done: true });
    expect(word(device, write.id)).toBe('synced');
    await todo.remove(write.id).settled;
    expect(record(device, write.id)).toBeUndefined();
    expect(row(write.id)?.record).toBeNull();
  });

  test('S2: each record carries its state, attempts and failure', async () => {
    const device = await world.device();
    world.trouble.set({ failWith: { status: 500, count: -1 } });
    const write = device.sync.models.todo.create({ title: 'Milk', done: false });
    await until('a retry', () => word(device, write.id) === 'backoff');
    const status = device.sync.models.todo.selectRecordStatus(device.store.getState(), write.id);
    expect(status.attempts).toBeGreaterThan(0);
    expect(status).toMatchObject({ pending: 1, failure: { code: 'server', status: 500 } });
    world.trouble.set({ failWith: null });
    expect((await write.settled).outcome).toBe('committed');
    expect(world.ledger(write.id)).toHaveLength(1);
  });

  test('P3: a create and its edits made offline are one POST', async () => {
    const device = await world.device();
    world.trouble.set({ cut: true });
    const { todo } = device.sync.models;
    const pulled = todo.pull();
    expect((await pulled).status).toBe('failed');
    const write = todo.create({ title: 'Milk', done: false });
    await todo.update(write.id, { title: 'Tea' }).saved;
    const last = todo.update(write.id, { done: true });
    await last.saved;
    world.trouble.set({ cut: false });
    await device.sync.resume();
    expect((await last.settled).outcome).toBe('committed');
    expect(body(write.id)).toEqual({ id: write.id, title: 'Tea', done: true });
    expect(world.ledger(write.id)).toMatchObject([{ method: 'POST', key: write.operationId }]);
  });

  test('a create that is deleted before anybody saw it sends nothing', async () => {
    const device = await world.device();
    device.sync.pause();
    const { todo } = device.sync.models;
    const write = todo.create({ title: 'Milk', done: false });
    const removal = todo.remove(write.id);
    await removal.saved;
    await device.sync.resume();
    expect((await removal.settled).outcome).toBe('cancelled');
    expect((await write.settled).outcome).toBe('cancelled');
    expect(world.ledger()).toEqual([]);
  });

  test('the same action object dispatched twice is one write', async () => {
    const device = await world.device();
    const action = device.sync.actions.todo.create({ title: 'Milk', done: false });
    const first = device.store.dispatch(action);
    expect(device.store.dispatch(action)).toBe(first);
    await first.settled;
    expect(world.ledger()).toHaveLength(1);
  });

  test('S1: the same id in two models is two records', async () => {
    const device = await world.device();
    const { todo, note } = device.sync.models;
    await todo.create({ id: 'same', title: 'Milk', done: false }).settled;
    await note.create({ id: 'same', text: 'hello' }).settled;
    expect(todo.selectById(device.store.getState(), 'same')).toHaveProperty('title');
    expect(note.selectById(device.store.getState(), 'same')).toHaveProperty('text');
  });

  test('S4: many at once are durable together, all or none of them taken', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const bad = [
      { title: 'a', done: false },
      { title: 'b', done: 1n as unknown as boolean },
    ];
    expect(() => todo.createMany(bad)).toThrow(expect.objectContaining({ code: 'badData' }));
    expect(todo.selectTotal(device.store.getState())).toBe(0);
    let told = 0;
    const stop = device.store.subscribe(() => told++);
    const writes = todo.createMany(
      Array.from({ length: 50 }, (_, i) => ({ title: `t${i}`, done: false })),
    );
    stop();
    expect(told).toBe(1);
    expect(todo.selectTotal(device.store.getState())).toBe(50);
    await Promise.all(writes.map((write) => write.settled));
    expect(world.ledger()).toHaveLength(50);
    expect(todo.selectIds(device.store.getState())).toEqual(writes.map((write) => write.id));
  });

  test('S4: upsert makes what is not there and changes what is', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    await todo.upsert({ id: 'u', title: 'a', done: false }).settled;
    await todo.upsert({ id: 'u', title: 'b', done: true }).settled;
    expect(body('u')).toEqual({ id: 'u', title: 'b', done: true });
    expect(world.ledger('u').map((effect) => effect.method)).toEqual(['POST', 'PATCH']);
  });
});

describe('trouble on the way', () => {
  test('NW2 CR6: an answer that was lost is asked for again: one effect, and the edit made meanwhile', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const write = todo.create({ title: 'Milk', done: false });
    world.trouble.set({ dropAnswers: 1 });
    await until('the server has it', () => row(write.id) !== undefined);
    const edit = todo.update(write.id, { title: 'Tea' });
    expect((await edit.settled).outcome).toBe('committed');
    expect(world.ledger(write.id).map((effect) => effect.method)).toEqual(['POST', 'PATCH']);
    expect(body(write.id)).toMatchObject({ title: 'Tea' });
  });

  test('an edit during the request survives and is sent', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    world.trouble.set({ delayMs: 100 });
    const write = todo.create({ title: 'Milk', done: false });
    await until('under way', () => word(device, write.id) === 'syncing');
    const edit = todo.update(write.id, { title: 'Tea' });
    await write.settled;
    expect(record(device, write.id)?.title).toBe('Tea');
    expect((await edit.settled).outcome).toBe('committed');
    expect(body(write.id)).toMatchObject({ title: 'Tea' });
  });

  test('NW1: without a network nothing is lost, no attempt is spent, and all goes when it is back', async () => {
    const device = await world.device();
    world.trouble.set({ cut: true });
    const { todo } = device.sync.models;
    const writes = todo.createMany([
      { title: 'a', done: false },
      { title: 'b', done: false },
    ]);
    await until('nobody carries anything', () =>
      writes.every(({ id }) => word(device, id) === 'pending'),
    );
    for (const { id } of writes) {
      const status = todo.selectRecordStatus(device.store.getState(), id);
      expect(status).toMatchObject({ status: 'pending', attempts: 0, failure: null });
    }
    world.trouble.set({ cut: false });
    await device.sync.resume();
    for (const write of writes) expect((await write.settled).outcome).toBe('committed');
    expect(world.ledger()).toHaveLength(2);
  });

  test('P5: a refused operation is a dead letter; others go on', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const bad = todo.create({ title: '', done: false });
    const good = todo.create({ title: 'Milk', done: false });
    expect((await bad.settled).outcome).toBe('rejected');
    expect((await good.settled).outcome).toBe('committed');
    expect(word(device, bad.id)).toBe('failed');
    expect(record(device, bad.id)).toBeDefined();
    const [letter] = device.sync.outbox.list();
    expect(letter).toMatchObject({ deadLetter: true, status: { failure: { status: 422 } } });
  });

  test('a delete that meets a 500 is tried again', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const { id } = todo.create({ title: 'Milk', done: false });
    await world.drained(device);
    world.trouble.set({ failWith: { status: 500, count: 1 } });
    expect((await todo.remove(id).settled).outcome).toBe('committed');
    expect(row(id)?.record).toBeNull();
  });

  test('a request that hangs blocks no other record', async () => {
    const slow = await world.device();
    const { todo } = slow.sync.models;
    world.trouble.set({ delayMs: 400 });
    const first = todo.create({ title: 'slow', done: false });
    await until('under way', () => word(slow, first.id) === 'syncing');
    // The server reads its knob when the request arrives.
    await new Promise((resolve) => setTimeout(resolve, 100));
    world.trouble.set({ delayMs: 0 });
    const second = todo.create({ title: 'quick', done: false });
    await second.settled;
    expect(word(slow, first.id)).toBe('syncing');
    await first.settled;
  });
});

describe('after a restart', () => {
  test('CR5 P4: what was saved is there, in order, and is sent once', async () => {
    const storage = memory();
    const env = deviceEnv();
    const first = await world.device({ storage, env, name: 'same' });
    first.sync.pause();
    const { todo } = first.sync.models;
    const write = todo.create({ title: 'Milk', done: false });
    for (let i = 0; i < 5; i++) todo.update(write.id, { counter: i });
    await todo.remove('nobody').saved;
    await first.sync.stop();
    const second = await world.device({ storage, env, name: 'same' });
    expect(record(second, write.id)).toMatchObject({ title: 'Milk', counter: 4 });
    expect((await second.sync.outbox.settled(write.operationId)).outcome).toBe('committed');
    expect(body(write.id)).toMatchObject({ counter: 4 });
    expect((await second.sync.outbox.settled('never heard of')).outcome).toBe('unknown');
  });

  test('CR7 NW2: a request that was sealed goes again with the same key and the same bytes', async () => {
    const storage = memory();
    const env = deviceEnv();
    const first = await world.device({ storage, env, name: 'same' });
    world.trouble.set({ dropAnswers: -1 });
    const write = first.sync.models.todo.create({ title: 'Milk', done: false });
    await until('applied', () => row(write.id) !== undefined);
    await first.sync.stop();
    world.trouble.set({ dropAnswers: 0 });
    const second = await world.device({ storage, env, name: 'same' });
    second.sync.models.todo.update(write.id, { title: 'Tea' });
    await world.drained(second);
    expect(
      world.ledger(write.id).map((effect) => [effect.method, effect.key === write.operationId]),
    ).toEqual([
      ['POST', true],
      ['PATCH', false],
    ]);
    expect(body(write.id)).toMatchObject({ title: 'Tea' });
  });

  test('CR8: an ending that nobody was told is told after the restart, and nothing is sent again', async () => {
    const storage = memory();
    const env = deviceEnv({
      setTimer: (delay, callback, label) =>
        browserEnv.setTimer(label === 'stop' ? 20 : delay, callback, label),
    });
    const never = new Promise<never>(() => {});
    const deaf = bent(storage, {
      afterCommit: ({ append }) =>
        append?.some((row) => row.includes('answered')) ? never : undefined,
    });
    const first = await world.device({ storage: deaf, env, name: 'told' });
    const told: string[] = [];
    first.sync.events.on('settled', ({ operationId }) => told.push(operationId));
    const write = first.sync.models.todo.create({ title: 'Milk', done: false });
    await until('answered', () => row(write.id) !== undefined);
    const connection = await storage.open('told');
    await untilAsync('the answer is on disk', async () =>
      (await connection.readRows(0, 99)).some((item) => String(item.text).includes('answered')),
    );
    expect(told).toEqual([]);
    const transport = rest({ baseUrl: world.url });
    const second = makeDevice({ storage, env, transport, name: 'told' });
    second.sync.events.on('settled', ({ operationId }) => told.push(operationId));
    second.sync.start();
    await second.sync.ready;
    expect((await second.sync.outbox.settled(write.operationId)).outcome).toBe('committed');
    expect(told).toContain(write.operationId);
    await world.drained(second);
    expect(world.ledger(write.id)).toHaveLength(1);
    await second.sync.stop();
  });

  test('a build whose functions all throw folds the same facts from the journal', async () => {
    const storage = memory();
    const env = deviceEnv();
    const first = await world.device({ storage, env, name: 'fold' });
    const { todo } = first.sync.models;
    const good = todo.create({ title: 'Milk', done: false });
    const bad = todo.create({ title: '', done: false });
    await Promise.all([good.settled, bad.settled]);
    await world.someoneElse('PATCH', `todos/${good.id}`, { title: 'Theirs' });
    await todo.update(good.id, { title: 'Ours' }).settled;
    const facts = canonical((first.store.getState().sync as SyncState).sequenced);
    await first.sync.stop();
    const throws = (): never => {
      throw new Error('a function of the user’s was called');
    };
    const transport: TransportFactory = () => ({
      ...{ seal: throws, push: throws, pull: throws, read: throws, probe: throws },
    });
    const quiet = { ...env, report: () => {} };
    const second = makeDevice({ storage, env: quiet, name: 'fold', transport });
    second.sync.events.on('*', throws);
    second.sync.start();
    await second.sync.ready;
    expect(canonical((second.store.getState().sync as SyncState).sequenced)).toEqual(facts);
    await second.sync.stop();
  });
});

describe('a network that lies', () => {
  test('NW4: a request that is delivered twice takes effect once', async () => {
    const twice = deviceEnv({
      fetch: fetching(async (request) => {
        const copy = request.clone();
        const first = await fetch(request);
        await fetch(copy).catch(() => {});
        return first;
      }),
    });
    const device = await world.device({ env: twice });
    const write = device.sync.models.todo.create({ title: 'Milk', done: false });
    await device.sync.models.todo.update(write.id, { title: 'Tea' }).settled;
    await world.drained(device);
    expect(new Set(world.ledger(write.id).map((effect) => effect.key)).size).toBe(
      world.ledger(write.id).length,
    );
    expect(body(write.id)).toMatchObject({ title: 'Tea' });
  });

  test('NW6 NW24: an answer that comes after the time-out is ignored; the next attempt tells', async () => {
    const transport = rest({ baseUrl: world.url, timeout: 60 });
    const device = await world.device({ transport });
    world.trouble.set({ delayMs: 150 });
    const write = device.sync.models.todo.create({ title: 'Milk', done: false });
    await until('applied, though nobody heard', () => row(write.id) !== undefined);
    world.trouble.set({ delayMs: 0 });
    expect((await write.settled).outcome).toBe('committed');
    expect(world.ledger(write.id)).toHaveLength(1);
  });

  test('NW10: half an answer is not taken for one', async () => {
    let halved = 1;
    const env = deviceEnv({
      fetch: fetching(async (request) => {
        const response = await fetch(request);
        if (request.method !== 'POST' || halved-- <= 0) return response;
        const text = await response.text();
        return new Response(text.slice(0, text.length / 2), response);
      }),
    });
    const device = await world.device({ env });
    const write = device.sync.models.todo.create({ title: 'Milk', done: false });
    expect((await write.settled).outcome).toBe('committed');
    expect(world.ledger(write.id)).toHaveLength(1);
    expect(record(device, write.id)).toEqual({ id: write.id, title: 'Milk', done: false });
  });
});

describe('a disk that is full', () => {
  test('ST2: when an answer can not be written the operation stays, is sent again and counts once', async () => {
    let full = true;
    const storage = bent(memory(), {
      beforeCommit: ({ append }) => {
        if (full && append?.some((text) => text.includes('"answered"')))
          throw new StorageError('quota', 'no room');
      },
    });
    const env = deviceEnv({
      setTimer: (delay, callback, label) =>
        browserEnv.setTimer(label === 'storage rest' ? 20 : delay, callback, label),
    });
    const device = await world.device({ storage, env });
    const told: string[] = [];
    device.sync.events.on('storageTrouble', ({ code }) => told.push(code));
    const write = device.sync.models.todo.create({ title: 'Milk', done: false });
    await until('told', () => told.length > 1);
    expect(told).toContain('quota');
    expect(device.sync.outbox.list()).toHaveLength(1);
    full = false;
    expect((await write.settled).outcome).toBe('committed');
    expect(world.ledger(write.id)).toHaveLength(1);
  });
});
