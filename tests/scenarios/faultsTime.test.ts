import { afterEach, describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import { memory } from '../../src/storage.ts';
import { serverWorld } from '../support/server.ts';
import { watchedWire } from '../support/wire.ts';
import { type Device, until } from '../support/world.ts';

const world = serverWorld();
const milk = { title: 'Milk', done: false };
const year = 365 * 86_400_000;
const zone = process.env.TZ;

afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const statusOf = ({ sync, store }: Device) => sync.selectSyncStatus(store.getState());
const synced = (device: Device) => until('synced', () => statusOf(device).phase === 'synced');
const titles = ({ sync, store }: Device) =>
  sync.models.todo.selectAll(store.getState()).map(({ title }) => title);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('TM1: a clock that jumps ten years ahead, ten back and to 1970 starts no storm, deletes nothing and holds nothing up', async () => {
  let now = () => Date.now();
  const wire = watchedWire();
  const device = await world.device({ env: wire.env({ now: () => now() }) });
  await synced(device);
  const begun = Date.now();
  const jumps = [
    () => Date.now() + 10 * year,
    () => Date.now() - 10 * year,
    () => Date.now() - begun,
    () => Date.now(),
  ];
  for (const [i, jump] of jumps.entries()) {
    const before = wire.exchanges.length;
    // A retry is waiting while the clock jumps.
    world.trouble.set({ failWith: { status: 500, count: 1 } });
    const waiting = device.sync.models.todo.create({ ...milk, title: `waiting ${i}` });
    await until('it waits', () => world.trouble.knobs.failWith === null);
    now = jump;
    const write = device.sync.models.todo.create({ ...milk, title: `jump ${i}` });
    expect((await write.settled).outcome).toBe('committed');
    expect((await waiting.settled).outcome).toBe('committed');
    await synced(device);
    expect(wire.exchanges.length - before).toBeLessThanOrEqual(3);
  }
  expect(titles(device)).toHaveLength(8);
  expect(await device.sync.models.todo.pull()).toMatchObject({ status: 'done', deleted: 0 });
  expect(titles(device)).toHaveLength(8);
});

describe('a page that comes back', () => {
  /** A device whose page can be told to be shown again, `later` ms after the last moment. */
  async function sleeper(timers: 'fire' | 'never fire') {
    let ahead = 0;
    let resume: () => void = () => {};
    const wire = watchedWire();
    const sleeping = ['retry', 'pull', 'machine'];
    const env = wire.env({
      now: () => Date.now() + ahead,
      random: () => 0.99,
      onResume: (listener) => {
        resume = listener;
        return () => {};
      },
      setTimer: (delay, callback, label) =>
        timers === 'never fire' && sleeping.includes(label)
          ? -1
          : browserEnv.setTimer(delay, callback, label),
    });
    const more = { backoff: { base: 60_000, cap: 60_000 } };
    const device = await world.device({ env, more });
    await synced(device);
    return {
      ...{ device, wire },
      wakes: (later: number) => {
        ahead += later;
        // `visibilitychange` and `pageshow`, and whatever else a platform says.
        for (let i = 0; i < 5; i++) resume();
      },
    };
  }

  test('TM2: after a night it asks once what others did, also where no connection was lost', async () => {
    const { device, wire, wakes } = await sleeper('fire');
    await world.someoneElse('POST', 'todos', { ...milk, id: 'n' });
    const before = wire.exchanges.length;
    wakes(8 * 3_600_000);
    await until('pulled', () => titles(device).length === 1);
    await synced(device);
    const asked = wire.exchanges.slice(before).map(({ path }) => path.split('?')[0]);
    expect(asked.sort()).toEqual(['/notes', '/todos']);
    wakes(1_000);
    await pause(50);
    expect(wire.exchanges.length - before).toBe(2);
  });

  test('TM2 TM3: where timers do not fire, what is due goes when the page is shown', async () => {
    const { device, wire, wakes } = await sleeper('never fire');
    world.trouble.set({ failWith: { status: 500, count: 1 } });
    const write = device.sync.models.todo.create(milk);
    await until('it waits', () => statusOf(device).reason === 'backoff');
    await pause(50);
    expect(wire.writes()).toHaveLength(1);
    wakes(100_000);
    expect((await write.settled).outcome).toBe('committed');
    expect(wire.writes()).toHaveLength(2);
    world.trouble.set({ cut: true });
    await device.sync.models.todo.pull();
    await until('offline', () => !statusOf(device).online);
    const second = device.sync.models.todo.create({ ...milk, title: 'two' });
    await second.saved;
    world.trouble.set({ cut: false });
    await pause(50);
    expect(wire.writes()).toHaveLength(2);
    wakes(100_000);
    expect((await second.settled).outcome).toBe('committed');
  });
});

test('TM4: a change of the time zone changes no row and no request', async () => {
  const said: string[] = [];
  for (const name of ['Pacific/Kiritimati', 'America/St_Johns', 'UTC']) {
    process.env.TZ = name;
    expect(Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(name);
    world.database.reset();
    let ids = 0;
    const storage = memory();
    const wire = watchedWire();
    // In the hour that summer time leaves out.
    const now = () => Date.parse('2026-03-29T02:30:00Z');
    const env = wire.env({ now, uuid: () => `id-${++ids}`, random: () => 0.5 });
    const more = { backoff: { base: 60_000, cap: 60_000 } };
    const device = await world.device({ env, storage, name: `zone ${name}`, more });
    await synced(device);
    device.sync.pause();
    const write = device.sync.models.todo.create({ ...milk, id: 'a' });
    await write.saved;
    world.trouble.set({ failWith: { status: 500, count: -1 } });
    let waits = false;
    device.sync.events.on('retryScheduled', () => {
      waits = true;
    });
    await device.sync.resume();
    await until('it waits', () => waits);
    const rows = await (await storage.open(`zone ${name}`)).readRows(0, 99);
    const own = rows.map(({ text }) => String(text)).filter((text) => !text.includes('"pulled"'));
    said.push(JSON.stringify([own, wire.writes()]));
    await device.sync.stop();
    world.trouble.set({ failWith: null });
  }
  expect(new Set(said).size).toBe(1);
  expect(said[0]).toContain('retryScheduled');
});
