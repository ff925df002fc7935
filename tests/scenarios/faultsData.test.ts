import { createNextState } from '@reduxjs/toolkit';
import { describe, expect, test } from 'vitest';
import { memory } from '../../src/storage.ts';
import { serverWorld } from '../support/server.ts';
import { watchedWire, withBody } from '../support/wire.ts';
import { type Device, type Todo, until } from '../support/world.ts';

const world = serverWorld();
const milk = { title: 'Milk', done: false };

const statusOf = ({ sync, store }: Device) => sync.selectSyncStatus(store.getState());
const synced = (device: Device) => until('synced', () => statusOf(device).phase === 'synced');
const all = ({ sync, store }: Device) => sync.models.todo.selectAll(store.getState());
const body = (id: string) => world.database.records.find('todos', id)?.record;
const badData = expect.objectContaining({ code: 'badData' });

describe('names that mean something to JavaScript', () => {
  test('DA1: in an answer, a page, an operation or a row on disk, no prototype changes', async () => {
    const before = [Object.prototype, Array.prototype, Function.prototype].map((prototype) =>
      Object.getOwnPropertyNames(prototype),
    );
    const poison = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}';
    let poisoned = 2;
    const wire = watchedWire((request, pass) => {
      if (!request.url.includes('/todos')) return pass();
      if (poisoned-- <= 0) return pass();
      return withBody(pass(), (text) => text.replace('{', `{${poison},`));
    });
    const storage = memory();
    const connection = await storage.open('poisoned');
    const operation = { id: 'x', model: 'todo', recordId: 'x', kind: 'create', at: 1 };
    const more = { visible: true, strategy: 'optimistic', changes: 0 };
    const row = { v: 1, type: 'recorded', at: 1, generation: 0 };
    const actionId = { writer: 'w', n: 1 };
    const text = JSON.stringify({ ...row, actionId, operation: { ...operation, ...more } });
    await connection.commit({ append: [text.replace('"changes":0', `"changes":{${poison}}`)] });
    const device = await world.device({ env: wire.env(), storage, name: 'poisoned' });
    const { todo } = device.sync.models;
    const evil = JSON.parse(`{${poison},"title":"x"}`) as Todo;
    expect(() => todo.create(evil)).toThrow(badData);
    expect(() => todo.update('a', evil)).toThrow(badData);
    expect((await todo.create({ ...milk, id: 'a' }).settled).outcome).toBe('committed');
    await todo.pull();
    await todo.pull();
    expect(body('a')).toEqual({ ...milk, id: 'a' });
    const after = [Object.prototype, Array.prototype, Function.prototype].map((prototype) =>
      Object.getOwnPropertyNames(prototype),
    );
    expect(after).toEqual(before);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    for (const record of all(device)) {
      expect((record as { polluted?: number }).polluted).toBeUndefined();
    }
  });
});

describe('ids', () => {
  const odd = [
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', '-1', ' ', 'null'],
    ...['a/b', '?x=1', '#y', '100%', '%2F', '..a', 'a b+c&d=e', '\\', '"', "'", '<i>'],
    ...['שלום', 'مرحبا', '日本', '👩‍👩‍👧', '\u202eabc', 'x'.repeat(200)],
  ];

  test('DA2 DA3: whatever is taken as one goes to the server, comes back, and outlives a restart as it is', async () => {
    const storage = memory();
    const first = await world.device({ storage, name: 'odd' });
    const { todo } = first.sync.models;
    for (const id of odd) todo.create({ ...milk, id });
    await synced(first);
    for (const id of odd) await todo.update(id, { title: `of ${id}` }).settled;
    for (const id of odd) expect(body(id)).toEqual({ ...milk, id, title: `of ${id}` });
    await first.sync.persistor.flush();
    await first.sync.stop();
    const second = await world.device({ storage, name: 'odd' });
    const expected = [...odd].sort();
    expect([...second.sync.models.todo.selectIds(second.store.getState())].sort()).toEqual(
      expected,
    );
    // A device that knows nothing gets them all by a pull.
    const third = await world.device();
    await synced(third);
    expect(
      all(third)
        .map(({ id, title }) => [id, title])
        .sort(),
    ).toEqual(expected.map((id) => [id, `of ${id}`]));
    for (const id of odd) second.sync.models.todo.remove(id);
    await synced(second);
    expect(second.sync.models.todo.selectTotal(second.store.getState())).toBe(0);
    for (const id of odd) expect(body(id)).toBeNull();
  });

  test.each([
    ['nothing', ''],
    ['a dot', '.'],
    ['two dots', '..'],
    ['201 characters', 'x'.repeat(201)],
    ['10,000 characters', 'x'.repeat(10_000)],
    ['a control character', 'a\u0000b'],
    ['half a character', '\ud800'],
    ['the other half of one', 'a\udc00b'],
  ])('DA3 DA4: an id of %s is refused before it is shown', async (_, id) => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const badId = expect.objectContaining({ code: 'badId' });
    expect(() => todo.create({ ...milk, id })).toThrow(badId);
    expect(() => todo.update(id, { done: true })).toThrow(badId);
    expect(() => todo.remove(id)).toThrow(badId);
    expect(all(device)).toEqual([]);
    expect(device.sync.outbox.list()).toEqual([]);
  });

  test('DA5: two spellings of the same letters are two records, here and on the server', async () => {
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];
    const device = await world.device();
    const { todo } = device.sync.models;
    await todo.create({ id: composed, title: 'composed', done: false }).settled;
    await todo.create({ id: decomposed, title: 'decomposed', done: false }).settled;
    await todo.update(composed, { done: true }).settled;
    const fresh = await world.device();
    await synced(fresh);
    for (const each of [device, fresh]) {
      expect(
        all(each)
          .map(({ title, done }) => [title, done])
          .sort(),
      ).toEqual([
        ['composed', true],
        ['decomposed', false],
      ]);
    }
    expect(body(decomposed)).toMatchObject({ title: 'decomposed', done: false });
  });
});

describe('data that no disk or wire can hold as it is', () => {
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  const throwing = () => new Proxy({}, { ownKeys: () => expect.fail('read') });
  const draft = () => {
    let kept: unknown;
    createNextState({ list: [] as unknown[] }, (state) => {
      kept = state.list;
    });
    return kept;
  };
  const deep = (levels: number) => () => {
    let value: unknown = 1;
    for (let i = 0; i < levels; i++) value = { value };
    return value;
  };
  const cyclic = () => {
    const value: { self?: unknown } = {};
    value.self = value;
    return value;
  };

  test.each([
    ['DA6', 'not a number', () => Number.NaN],
    ['DA6', 'infinite', () => Number.NEGATIVE_INFINITY],
    ['DA6', 'a date', () => new Date(0)],
    ['DA6', 'a map', () => new Map([[1, 2]])],
    ['DA6', 'bytes', () => new Uint8Array([1])],
    ['DA7', 'a BigInt', () => 1n],
    ['ST20 DA9', 'a revoked proxy', revoked],
    ['DA9', 'a proxy that throws', throwing],
    ['ST20', 'an old Immer draft', draft],
    ['DA9', 'a cycle', cyclic],
    ['DA10', '65 levels deep', deep(65)],
    ['DA10', 'five thousand levels deep', deep(5_001)],
    ['DA11', 'a text of ten megabytes', () => 'x'.repeat(10_000_000)],
    ['DA11', 'a list of a million', () => Array.from({ length: 1_000_000 }, () => 0)],
  ])(
    '%s: what is %s is refused with its path; nothing of it stays, and the next write is saved',
    async (_, __, make) => {
      const device = await world.device();
      const { todo } = device.sync.models;
      const note = make() as string;
      const refused = (act: () => unknown) =>
        expect(act).toThrow(
          expect.objectContaining({
            code: 'badData',
            message: expect.stringMatching(/todo|changes/),
          }),
        );
      refused(() => todo.create({ ...milk, note }));
      refused(() => todo.update('a', { note }));
      refused(() => todo.upsert({ ...milk, id: 'a', note }));
      expect(all(device)).toEqual([]);
      expect(device.sync.outbox.list()).toEqual([]);
      expect((await todo.create({ ...milk, id: 'good' }).settled).outcome).toBe('committed');
      expect(world.ledger()).toHaveLength(1);
    },
  );

  test('DA8 DA13 DA18: texts stay texts, also such as look like dates or numbers beyond 2^53; -0 is 0, undefined is absent', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const texts = { at: '2026-01-01T00:00:00.000Z', large: '9007199254740993', zero: '-0' };
    const record = { ...milk, id: 'a', ...texts, n: -0, note: undefined } as unknown as Todo;
    const write = todo.create(record);
    expect(all(device)).toEqual([{ ...milk, id: 'a', ...texts, n: 0 }]);
    await write.settled;
    const kept = { ...milk, id: 'a', ...texts, n: 0 };
    expect(body('a')).toEqual(kept);
    expect(all(device)).toEqual([kept]);
    const fresh = await world.device();
    await synced(fresh);
    expect(all(fresh)).toEqual([kept]);
    expect(Object.hasOwn(all(fresh)[0] ?? {}, 'note')).toBe(false);
    // Absent is not deleted, null is not absent, and undefined in a change has no meaning.
    expect(() => todo.update('a', { note: undefined } as unknown as Partial<Todo>)).toThrow(
      badData,
    );
    await todo.update('a', { note: 'n' }).settled;
    await todo.update('a', { title: 'Tea' }).settled;
    expect(body('a')).toMatchObject({ note: 'n' });
    await todo.update('a', { note: null }).settled;
    expect(Object.hasOwn(body('a') ?? {}, 'note')).toBe(false);
  });

  test('DA12: what the caller changes afterwards in his own object changes neither record nor request', async () => {
    const device = await world.device();
    await synced(device);
    device.sync.pause();
    const { todo } = device.sync.models;
    const mine = { ...milk, id: 'a', tags: ['one'] };
    const write = todo.create(mine as Todo);
    mine.title = 'changed';
    mine.tags.push('two');
    const changes = { tags: ['three'] };
    const edit = todo.update('a', changes as Partial<Todo>);
    changes.tags.push('four');
    await device.sync.resume();
    await write.settled;
    await edit.settled;
    const kept = { ...milk, id: 'a', tags: ['three'] };
    expect(all(device)).toEqual([kept]);
    expect(body('a')).toEqual(kept);
  });
});

describe('one record made, changed, removed and made again while nobody is there', () => {
  type Act = 'create' | 'update' | 'upsert' | 'remove';
  const acts: readonly Act[] = ['create', 'update', 'upsert', 'remove'];
  const chains: Act[][] = [[]];
  for (let length = 0; length < 3; length++) {
    for (const chain of chains.filter((known) => known.length === length)) {
      for (const act of acts) chains.push([...chain, act]);
    }
  }

  chains.push(
    ['create', 'update', 'remove', 'create', 'update'],
    ['update', 'remove', 'upsert', 'remove', 'create'],
    ['remove', 'create', 'remove', 'upsert', 'update'],
  );

  /** What a chain makes of a record, in the plainest words; null where it is none (any more). */
  function modelOf(chain: readonly Act[], from: Record<string, unknown> | null) {
    let record = from;
    const taken: number[] = [];
    for (const [i, act] of chain.entries()) {
      // The kit refuses to make what is there; what has nothing to act on is about SV4 and SV5.
      if (act === 'create' && record) continue;
      if ((act === 'update' || act === 'remove') && !record) continue;
      taken.push(i);
      if (act === 'remove') record = null;
      else if (act === 'update') record = { ...record, title: `t${i}` };
      else record = { ...record, ...milk, title: `t${i}`, n: i };
    }
    return { record, taken };
  }

  test.each(['that is not there', 'that is there'])(
    'DA14 DA15: every chain of acts on a record %s ends there as it does here',
    async (before) => {
      const device = await world.device();
      const { todo } = device.sync.models;
      const from = before === 'that is there' ? { ...milk, note: 'old' } : null;
      const ids = chains.map((_, i) => `r${String(i).padStart(4, '0')}`);
      if (from) for (const id of ids) todo.create({ ...from, id });
      await synced(device);
      device.sync.pause();
      const expected = chains.map((chain, i) => {
        const id = ids[i] ?? '';
        const { record, taken } = modelOf(chain, from);
        for (const n of taken) {
          const act = chain[n];
          if (act === 'remove') todo.remove(id);
          else if (act === 'update') todo.update(id, { title: `t${n}` });
          else if (act) todo[act]({ ...milk, id, title: `t${n}`, n } as Todo);
        }
        return record && { ...record, id };
      });
      await device.sync.resume();
      await until('nothing waits', () => {
        const { pending, syncing, conflicted } = statusOf(device);
        return pending + syncing + conflicted === 0;
      });
      expect(device.sync.outbox.list()).toEqual([]);
      const here = new Map(all(device).map((record) => [record.id, record]));
      for (const [i, id] of ids.entries()) {
        expect([chains[i], body(id) ?? null]).toEqual([chains[i], expected[i]]);
        expect([chains[i], here.get(id) ?? null]).toEqual([chains[i], expected[i]]);
      }
      // Somebody who pulls sees the same, tombstones and remade records included.
      const fresh = await world.device();
      await synced(fresh);
      expect(all(fresh)).toEqual(all(device));
    },
  );
});
