import { describe, expect, test } from 'vitest';
import type { NetworkKind, NetworkRequirement } from '../../src/index.ts';
import { laneKey } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import {
  away,
  type Bend,
  gate,
  pause,
  quickEnv,
  stateOf,
  statusOf,
  synced,
  tinyWorld,
} from '../support/tinyServer.ts';
import { type Device, until } from '../support/world.ts';

const world = tinyWorld();

/** A platform whose network changes. */
function platform(first: NetworkKind, hint: 'present' | 'absent' = 'present') {
  let kind = first;
  let word = hint;
  let tell: (hint: 'present' | 'absent') => void = () => {};
  const env = quickEnv({
    networkHint: () => word,
    networkKind: () => kind,
    onNetworkHint: (listener) => {
      tell = listener;
      return () => {};
    },
  });
  const becomes = (next: NetworkKind, nextWord: 'present' | 'absent' = 'present') => {
    kind = next;
    word = nextWord;
    tell(word);
  };
  return { env, becomes };
}

const cellular: NetworkKind = { type: 'cellular', metered: true };
const wifi: NetworkKind = { type: 'wifi', metered: false };
const hotspot: NetworkKind = { type: 'wifi', metered: true };
const untold: NetworkKind = { type: 'unknown', metered: null };

async function on(network: NetworkRequirement, kind: NetworkKind) {
  const { env, becomes } = platform(kind);
  const device = await world.started({ env, more: { network } });
  const write = device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
  await write.saved;
  return { device, becomes };
}

describe('S8: which network may be used', () => {
  test.each([
    ['unmetered', cellular],
    ['unmetered', hotspot],
    ['wifi', cellular],
  ] as const)(
    '%s: nothing leaves where it is not suited, and everything once it is',
    async (network, kind) => {
      const { device, becomes } = await on(network, kind);
      await until('it says why', () => statusOf(device).reason === 'networkUnsuited');
      await pause(30);
      expect([world.server.pushes, world.server.pulls]).toEqual([0, 0]);
      becomes(wifi);
      await synced(device);
      expect(world.server.ids('todo')).toEqual(['a']);
      becomes(kind);
      device.sync.models.todo.create({ id: 'b', title: 'B', done: false });
      await until('it waits again', () => statusOf(device).reason === 'networkUnsuited');
      expect(world.server.ids('todo')).toEqual(['a']);
    },
  );

  test.each([
    ['any', cellular],
    ['wifi', hotspot],
    ['unmetered', untold],
    ['wifi', untold],
  ] as const)('%s: what suits, or is not told, is used', async (network, kind) => {
    const { device } = await on(network, kind);
    await synced(device);
  });

  test('none: the platform says that there is no network; the server answers all the same', async () => {
    const { env } = platform(untold, 'absent');
    const device = await world.started({ env, more: { network: 'none' } });
    await synced(device);
  });

  test('NW18: the platform says that there is one; what counts is whether the server answers', async () => {
    const { env } = platform(wifi);
    const device = await world.started({ env, bend: away });
    await until('offline', () => statusOf(device).reason === 'offline');
  });

  test('a requirement that is none is refused', () => {
    expect(() => world.device({ more: { network: '5g' as never } })).toThrow('network');
  });
});

describe('S8: a network that comes', () => {
  const sealedOf = (device: Device, id: string) =>
    getIn(stateOf(device).sequenced.lanes, laneKey('todo', id))?.sealed ?? null;

  test('what waits is sealed while the server is asked whether it is there, and leaves once it answers', async () => {
    const answer = gate();
    const { env, becomes } = platform(wifi, 'absent');
    const bend: Bend = ({ probe }) => ({
      probe: (...args) => answer.opened.then(() => probe(...args)),
    });
    const device = await world.started({ env, bend });
    const write = device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    await write.saved;
    await pause(20);
    expect(sealedOf(device, 'a')).toBeNull();
    becomes(wifi);
    await until('it is sealed', () => sealedOf(device, 'a') !== null);
    await device.sync.models.todo.create({ id: 'b', title: 'B', done: false }).saved;
    await pause(20);
    expect([world.server.pushes, world.server.pulls]).toEqual([0, 0]);
    // It may not be there after all: what comes meanwhile is not sealed for it.
    expect(sealedOf(device, 'b')).toBeNull();
    answer.open();
    await synced(device);
    expect(world.server.ids('todo')).toEqual(['a', 'b']);
  });

  test('where nobody has answered what is written goes as one request, as if there were no network', async () => {
    let isThere = false;
    let probes = 0;
    const { env, becomes } = platform(wifi, 'absent');
    const bend: Bend = ({ probe }) => ({
      probe: (...args) => {
        probes++;
        return isThere ? probe(...args) : Promise.reject(new Error('no network'));
      },
    });
    const device = await world.started({ env, bend });
    becomes(wifi);
    await until('nobody answered', () => probes === 1 && statusOf(device).reason === 'offline');
    await device.sync.models.todo.create({ id: 'a', title: 'A', done: false }).saved;
    becomes(wifi);
    await until('nor again', () => probes === 2 && statusOf(device).reason === 'offline');
    await device.sync.models.todo.update('a', { title: 'B' }).saved;
    expect(sealedOf(device, 'a')).toBeNull();
    isThere = true;
    becomes(wifi);
    await synced(device);
    expect(world.server.pushes).toBe(1);
    expect(world.server.read('todo', 'a').record).toMatchObject({ title: 'B' });
  });
});
