import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { Answer, SyncEvent, Transport } from '../../src/index.ts';
import { memory } from '../../src/storage.ts';
import {
  pause,
  quickEnv,
  stateOf,
  statusOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

type Held = Extract<Answer, { kind: 'held' }>;

function held(by: Held['by'], retryIn: number | null = null): Held {
  const codes = { pause: 'paused', auth: 'unauthorized', deployment: 'misdeployed' } as const;
  return { kind: 'held', by, retryIn, failure: { code: codes[by], message: 'no', at: 1 } };
}

function refusal(status = 422): Answer {
  return { kind: 'rejected', failure: { code: 'rejected', status, message: 'invalid', at: 1 } };
}

/** Waits of the machines pass in `ms`; what they were asked for stands in `asked`. */
function hastened(ms = 20) {
  const asked: number[] = [];
  const env = quickEnv({
    setTimer: (delay, callback, label) => {
      if (label === 'machine') asked.push(delay);
      const quick = ['machine', 'refresh', 'reopen', 'storage'].includes(label);
      return browserEnv.setTimer(quick ? ms : delay, callback, label);
    },
  });
  return { asked, env };
}

function heard(device: {
  sync: { events: { on(type: '*', to: (e: SyncEvent) => void): unknown } };
}) {
  const events: SyncEvent[] = [];
  device.sync.events.on('*', (event) => events.push(event));
  return events;
}

describe('a server that asks for time', () => {
  test('P11 SV14: holds everything until then; nothing is dropped and no attempt is spent', async () => {
    const { asked, env } = hastened();
    let pushes = 0;
    const device = await world.settled({
      env,
      bend: ({ push }) => ({
        push: async (...args) => (++pushes === 1 ? held('pause', 90_000) : push(...args)),
      }),
    });
    const write = device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    expect((await write.settled).outcome).toBe('committed');
    expect(pushes).toBe(2);
    expect(asked).toContain(90_000);
  });

  test('P11 SV14 I24: a shorter wait that is asked for behind a longer one cuts nothing short', async () => {
    const { asked, env } = hastened(60);
    let isBusy = true;
    const device = await world.settled({
      env,
      bend: ({ push }) => ({
        push: async (...args) => {
          if (!isBusy) return push(...args);
          if (!String(args[0].body).includes('second')) return held('pause', 90_000);
          await pause(15);
          isBusy = false;
          return held('pause', 5_000);
        },
      }),
    });
    const { todo } = device.sync.models;
    const writes = ['first', 'second'].map((id) => todo.create({ id, title: id, done: false }));
    for (const write of writes) expect((await write.settled).outcome).toBe('committed');
    const waits = asked.filter((ms) => ms > 4_000 && ms <= 90_000);
    expect(waits[0]).toBe(90_000);
    expect(waits[1]).toBeGreaterThan(80_000);
    expect(waits).toHaveLength(2);
  });

  test('P11: the wait outlives a reload', async () => {
    const storage = memory();
    let pushes = 0;
    const bend = () => ({
      push: async () => {
        pushes++;
        return held('pause', 3_600_000);
      },
    });
    const first = await world.settled({ storage, name: 'shared', bend });
    await first.sync.models.todo.create({ id: 'a', title: 'A', done: false }).saved;
    await until('it waits', () => statusOf(first).reason === 'pausedUntil');
    await until('the pause is durable', () => {
      return stateOf(first).sequenced.origins[''] !== undefined;
    });
    await first.sync.stop();
    const second = await world.started({ storage, name: 'shared', bend });
    await until('it waits', () => statusOf(second).reason === 'pausedUntil');
    await pause(60);
    expect(pushes).toBe(1);
  });

  test('P11 P27: asked for while credentials are renewed, it is waited for before they are used', async () => {
    const { asked, env } = hastened(60);
    let isFresh = false;
    const at: string[] = [];
    const device = await world.settled({
      env,
      bend: ({ push }) => ({
        push: async (...args) => {
          const [{ body }] = args;
          if (isFresh) {
            at.push('sent');
            return push(...args);
          }
          if (String(body).includes('second')) {
            await pause(15);
            return held('pause', 45_000);
          }
          return held('auth');
        },
        refresh: async () => {
          await pause(40);
          isFresh = true;
          at.push('renewed');
          return true;
        },
      }),
    });
    const events = heard(device);
    const { todo } = device.sync.models;
    const writes = ['first', 'second'].map((id) => todo.create({ id, title: id, done: false }));
    await until('the pause is waited for', () => statusOf(device).reason === 'pausedUntil');
    expect(at).toEqual(['renewed']);
    expect(asked).toContain(45_000);
    for (const write of writes) expect((await write.settled).outcome).toBe('committed');
    expect(events.some(({ type }) => type === 'authRequired')).toBe(false);
  });

  test('N13 SV14: asked for by a line that has tripped, nothing is tried before it is over', async () => {
    const { asked, env } = hastened(60);
    let isBroken = true;
    const device = await world.settled({
      env,
      bend: ({ push }) => ({
        push: async (...args) => {
          if (!isBroken) return push(...args);
          if (!String(args[0].body).includes('second')) return held('deployment');
          await pause(15);
          return held('pause', 3_600_000);
        },
      }),
    });
    const { todo } = device.sync.models;
    const writes = ['first', 'second'].map((id) => todo.create({ id, title: id, done: false }));
    await until('it is waited for', () => asked.includes(3_600_000));
    expect(stateOf(device).ephemeral.lines['']?.state).toBe('tripped');
    isBroken = false;
    for (const write of writes) expect((await write.settled).outcome).toBe('committed');
  });

  test('SV14: "retry after 0" for ever is no tight loop', async () => {
    const { asked, env } = hastened();
    let pushes = 0;
    const push: Transport['push'] = async () => {
      pushes++;
      return held('pause', 0);
    };
    const device = await world.settled({ env, bend: () => ({ push }) });
    device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    await until('asked again', () => pushes > 2);
    expect(Math.min(...asked)).toBeGreaterThanOrEqual(1_000);
  });
});

describe('credentials that are not accepted', () => {
  test('P27 AU1 AU2: one refresh for all that wait, then everything goes, with its own key', async () => {
    let isFresh = false;
    let refreshes = 0;
    const keys: string[] = [];
    const device = await world.settled({
      bend: ({ push }) => ({
        push: async (...args) => {
          keys.push(args[0].key);
          return isFresh ? push(...args) : held('auth');
        },
        refresh: async () => {
          refreshes++;
          await pause(10);
          isFresh = true;
          return true;
        },
      }),
    });
    const { todo } = device.sync.models;
    const writes = ['a', 'b', 'c', 'd'].map((id) => todo.create({ id, title: id, done: false }));
    for (const write of writes) expect((await write.settled).outcome).toBe('committed');
    expect(refreshes).toBe(1);
    expect(new Set(keys).size).toBe(4);
  });

  test('AU3 AU5 P27: refused again, it asks a person, keeps all, and goes on when told to', async () => {
    let isIn = false;
    let refreshes = 0;
    let pushes = 0;
    const device = await world.settled({
      bend: ({ push }) => ({
        push: async (...args) => {
          pushes++;
          return isIn ? push(...args) : held('auth');
        },
        refresh: async () => ++refreshes > 0,
      }),
    });
    const events = heard(device);
    const write = device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    await until('a person is asked', () => statusOf(device).reason === 'authRequired');
    expect(statusOf(device).phase).toBe('attention');
    const asked = pushes;
    await pause(50);
    expect([refreshes, pushes]).toEqual([1, asked]);
    expect(events.some(({ type }) => type === 'authRequired')).toBe(true);
    isIn = true;
    await device.sync.resume();
    expect((await write.settled).outcome).toBe('committed');
  });

  test('AU4: a refresh that nobody answers is asked for again, and signs nobody out', async () => {
    const { env } = hastened();
    let refreshes = 0;
    const device = await world.settled({
      env,
      bend: ({ push }) => ({
        push: async (...args) => (refreshes < 3 ? held('auth') : push(...args)),
        refresh: async () => {
          if (++refreshes < 3) throw new TypeError('no network');
          return true;
        },
      }),
    });
    const write = device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    expect((await write.settled).outcome).toBe('committed');
    expect(refreshes).toBe(3);
  });

  test('AU3: without a way to refresh a person is asked at once', async () => {
    const device = await world.settled({ bend: () => ({ push: async () => held('auth') }) });
    device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    await until('a person is asked', () => statusOf(device).reason === 'authRequired');
  });
});

describe('N13: a bad deployment', () => {
  test('SV6 SV7: an address that takes nothing holds everything; mended, all is sent', async () => {
    const { env } = hastened();
    let isBroken = true;
    const device = await world.settled({
      env,
      bend: ({ push }) => ({
        push: async (...args) => (isBroken ? held('deployment') : push(...args)),
      }),
    });
    const events = heard(device);
    const { todo } = device.sync.models;
    const writes = ['a', 'b', 'c'].map((id) => todo.create({ id, title: id, done: false }));
    await until('it is told', () => events.some(({ type }) => type === 'originTripped'));
    await until('and shown', () => statusOf(device).reason === 'tripped');
    expect(statusOf(device).failed).toBe(0);
    isBroken = false;
    for (const write of writes) expect((await write.settled).outcome).toBe('committed');
    await synced(device);
  });

  test('SV6: one refusal after the other fills no dead letters: after four the rest waits', async () => {
    const { env } = hastened(15);
    let isBroken = true;
    let pushes = 0;
    const device = await world.settled({
      env,
      bend: ({ push }) => ({
        push: async (...args) => {
          pushes++;
          return isBroken ? refusal() : push(...args);
        },
      }),
    });
    const { todo } = device.sync.models;
    for (let i = 0; i < 20; i++) todo.create({ id: `r${i}`, title: 'x', done: false });
    await until('it stops', () => statusOf(device).reason === 'tripped' && pushes > 8);
    await pause(200);
    expect(statusOf(device).failed).toBe(4);
    isBroken = false;
    await device.sync.resume();
    await until('the rest went', () => world.server.ids('todo').length > 0);
  });

  test('SV1: people who err now and then trip nothing', async () => {
    const device = await world.settled({
      bend: ({ push }) => ({
        push: async (...args) => (args[0].body?.includes('"title":""') ? refusal() : push(...args)),
      }),
    });
    const { todo } = device.sync.models;
    for (let i = 0; i < 6; i++) {
      await todo.create({ id: `bad${i}`, title: '', done: false }).settled;
      await todo.create({ id: `good${i}`, title: 'x', done: false }).settled;
    }
    await until('nothing else is wrong', () => statusOf(device).reason === 'deadLetters');
    expect(statusOf(device).failed).toBe(6);
  });
});

describe('what a server leaves open', () => {
  const gone = (certain: boolean): Answer => ({
    ...{ kind: 'gone', certain },
    failure: { code: 'remoteDeleted', status: certain ? 410 : 404, message: 'gone', at: 1 },
  });

  test('SV5: a delete of what is gone is done', async () => {
    world.server.put('todo', 'a', { title: 'A', done: false });
    const device = await world.settled({ bend: () => ({ push: async () => gone(true) }) });
    expect((await device.sync.models.todo.remove('a').settled).outcome).toBe('committed');
  });

  test('SV4: an update of what is gone waits for a person', async () => {
    world.server.put('todo', 'a', { title: 'A', done: false });
    const device = await world.settled({
      bend: () => ({
        push: async () => gone(false),
        read: async () => ({ record: null, version: null, lastOperationId: null }),
        check: async () => true,
      }),
    });
    device.sync.models.todo.update('a', { title: 'B' });
    await until('parked', () => statusOf(device).conflicted === 1);
    expect(device.sync.conflicts.list()).toMatchObject([{ remote: null, local: { title: 'B' } }]);
  });

  test('SV5: a 404 about a record that is there when asked for is not believed', async () => {
    world.server.put('todo', 'a', { title: 'A', done: false });
    let pushes = 0;
    const device = await world.settled({
      more: { backoff: { base: 1, cap: 2 } },
      bend: ({ push }) => ({
        push: async (...args) => (++pushes === 1 ? gone(false) : push(...args)),
        check: async () => true,
      }),
    });
    expect((await device.sync.models.todo.remove('a').settled).outcome).toBe('committed');
    expect(pushes).toBe(2);
    expect(world.server.ids('todo')).toEqual([]);
  });

  test('SV6: a 404 where the collection is missing too is about the address', async () => {
    world.server.put('todo', 'a', { title: 'A', done: false });
    const bend = () => ({
      push: async () => gone(false),
      read: async () => null,
      check: async () => false,
    });
    const device = await world.settled({ bend });
    device.sync.models.todo.remove('a');
    await until('held', () => statusOf(device).reason === 'tripped');
    expect(statusOf(device)).toMatchObject({ failed: 0, conflicted: 0 });
  });

  test('SV19: a 202 is asked again with the same key until the server has done it', async () => {
    const keys: string[] = [];
    const device = await world.settled({
      bend: ({ push }) => ({
        push: async (...args) => {
          keys.push(args[0].key);
          const failure = { code: 'underWay', status: 202, message: 'later', at: 1 } as const;
          return keys.length < 3 ? { kind: 'underWay', retryIn: 5, failure } : push(...args);
        },
      }),
    });
    const write = device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    expect((await write.settled).outcome).toBe('committed');
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  test('SV16: the same 500 for ever ends as a dead letter, once a read has shown that it did nothing', async () => {
    const failure = { code: 'server', status: 500, message: 'boom', at: 1 } as const;
    let pushes = 0;
    const device = await world.settled({
      more: { backoff: { base: 1, cap: 2 } },
      bend: () => ({
        push: async () => {
          pushes++;
          return { kind: 'retryLater', failure };
        },
      }),
    });
    const write = device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    expect((await write.settled).outcome).toBe('rejected');
    expect(pushes).toBe(10);
    expect(device.sync.outbox.list()[0]?.status.failure?.code).toBe('serverError');
  });

  test('SV16: a 500 that hid a success is found out by that read', async () => {
    const failure = { code: 'server', status: 500, message: 'boom', at: 1 } as const;
    const device = await world.settled({
      more: { backoff: { base: 1, cap: 2 } },
      bend: ({ push }) => ({
        push: async (...args) => {
          if (!world.server.find('todo', 'a')) await push(...args);
          return { kind: 'retryLater', failure };
        },
      }),
    });
    const write = device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    expect((await write.settled).outcome).toBe('committed');
  });

  describe('SV16: where nobody says who wrote a record last, a 500 that hid a success is found out by what stands there', () => {
    test.each(['create', 'update', 'delete'] as const)('SV16: %s', async (kind) => {
      if (kind !== 'create') world.server.put('todo', 'a', { title: 'A', done: false });
      const failure = { code: 'server', status: 500, message: 'boom', at: 1 } as const;
      const done = new Set<string>();
      const device = await world.settled({
        more: { backoff: { base: 1, cap: 2 } },
        bend: ({ push, read }) => ({
          push: async (...args) => {
            const [{ key }] = args;
            if (!done.has(key)) await push(...args);
            done.add(key);
            return { kind: 'retryLater', failure };
          },
          read: async (...args) => {
            const remote = await read(...args);
            return remote && !('kind' in remote) ? { ...remote, lastOperationId: null } : remote;
          },
        }),
      });
      const { todo } = device.sync.models;
      const write = {
        create: () => todo.create({ id: 'a', title: 'B', done: false }),
        update: () => todo.update('a', { title: 'B' }),
        delete: () => todo.remove('a'),
      }[kind]();
      expect((await write.settled).outcome).toBe('committed');
      expect(done.size).toBe(1);
      expect(todo.selectById(device.store.getState(), 'a')?.title).toBe(
        kind === 'delete' ? undefined : 'B',
      );
    });
  });

  test('SV16: only the same 500 counts: an outage that ends in two of them makes no dead letter', async () => {
    let pushes = 0;
    const device = await world.settled({
      more: { backoff: { base: 1, cap: 2 } },
      bend: ({ push }) => ({
        push: async (...args) => {
          const status = ++pushes <= 12 ? 503 : 500;
          const failure = { code: 'server', status, message: 'boom', at: 1 } as const;
          return pushes <= 15 ? { kind: 'retryLater', failure } : push(...args);
        },
      }),
    });
    const write = device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    expect((await write.settled).outcome).toBe('committed');
    expect(pushes).toBe(16);
  });

  test('SV16 SV14: a pause that is asked for by that read holds everything', async () => {
    const failure = { code: 'server', status: 500, message: 'boom', at: 1 } as const;
    const { asked, env } = hastened();
    let isOver = false;
    const device = await world.settled({
      env,
      more: { backoff: { base: 1, cap: 2 } },
      bend: ({ push }) => ({
        push: async (...args) => (isOver ? push(...args) : { kind: 'retryLater', failure }),
        read: async () => {
          isOver = true;
          return held('pause', 90_000);
        },
      }),
    });
    const write = device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    expect((await write.settled).outcome).toBe('committed');
    expect(asked).toContain(90_000);
  });

  test('a yes without a version is followed by a look at what it made', async () => {
    world.server.put('todo', 'a', { title: 'A', done: false });
    const device = await world.settled({
      bend: ({ push }) => ({
        push: async (...args) => {
          const answer = await push(...args);
          return answer.kind === 'committed' ? { ...answer, remote: null, version: null } : answer;
        },
      }),
    });
    const { todo } = device.sync.models;
    await todo.update('a', { title: 'B' }).settled;
    await todo.update('a', { title: 'C' }).settled;
    expect(world.server.find('todo', 'a')).toMatchObject({ version: 3, record: { title: 'C' } });
    const entry = stateOf(device).sequenced.models.todo;
    expect(entry?.records.size).toBe(1);
  });

  test('a yes to a change without If-Match that names a version and no record hides nothing of others', async () => {
    world.server.put('todo', 'b', { title: 'A', done: false });
    const device = await world.settled({
      bend: ({ push, seal }) => ({
        seal: (...args) => ({ ...seal(...args), ifMatch: null }),
        push: async (...args) => {
          world.server.put('todo', 'b', { title: 'A', done: true });
          const answer = await push(...args);
          return answer.kind === 'committed' ? { ...answer, remote: null } : answer;
        },
      }),
    });
    await device.sync.models.todo.update('b', { title: 'B' }).settled;
    expect(world.server.find('todo', 'b')).toMatchObject({ version: 3 });
    expect(todoOf(device, 'b')).toMatchObject({ title: 'B', done: true });
  });

  test('UP7: operations of a model that this build does not know wait, and ask nobody in a loop', async () => {
    const storage = memory();
    const device = await world.settled({ storage, name: 'old' });
    device.sync.pause();
    await device.sync.models.note.create({ text: 'kept' }).saved;
    await device.sync.stop();
    const { todo } = (await import('../support/world.ts')).testModels;
    const models = { todo } as never;
    const later = await world.started({ storage, name: 'old', more: { models } });
    await later.sync.models.todo.create({ id: 'a', title: 'A', done: false }).settled;
    expect(later.sync.outbox.list()).toHaveLength(1);
  });
});
