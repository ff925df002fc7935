import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { Answer } from '../../src/ports/transport.ts';
import { valuesOf } from '../../store/pages.ts';
import {
  type Bend,
  busy,
  quickEnv,
  stateOf,
  statusOf,
  synced,
  tinyWorld,
} from '../support/tinyServer.ts';
import { type Device, until } from '../support/world.ts';

const world = tinyWorld();
const busyAnswer: Answer = { kind: 'retryLater', failure: busy };
/** Waits that no test lives to see. */
const resting = { backoff: { base: 60_000, cap: 60_000 } };

const notesOf = ({ sync, store }: Device) => sync.models.note.selectAll(store.getState());
const attemptsOf = (device: Device) =>
  Math.max(0, ...valuesOf(stateOf(device).sequenced.lanes).map(({ attempts }) => attempts));

/** The server makes each note once, by its key; answers to creates are kept back as the test says. */
function keeping() {
  const made = new Map<string, Answer>();
  let isLost = true;
  let holdsUpdates = false;
  const bend: Bend = ({ push }) => ({
    push: async (request, model, signal) => {
      if (request.kind !== 'create') {
        return holdsUpdates ? busyAnswer : push(request, model, signal);
      }
      const known = made.get(request.key) ?? (await push(request, model, signal));
      made.set(request.key, known);
      return isLost ? busyAnswer : known;
    },
  });
  return {
    bend,
    /** Creates are answered from now on; a moment later, updates too. */
    answer: () => {
      isLost = false;
      setTimeout(() => {
        holdsUpdates = false;
      }, 200);
    },
    holdUpdates: () => {
      holdsUpdates = true;
    },
  };
}

describe('P28 SV22: the ids are the server’s, and a create waits for its answer', () => {
  test('P5: one that the server can never take holds up no pull of its model for long', async () => {
    const bend: Bend = () => ({ push: async () => busyAnswer });
    const device = await world.settled({ bend });
    const { note } = device.sync.models;
    note.create({ text: 'poison' });
    await until('it was tried', () => attemptsOf(device) >= 1);
    world.server.put('note', 'theirs', { text: 'theirs' });
    device.sync.models.note.pull();
    await until('theirs is here', () => notesOf(device).length === 2);
    expect(attemptsOf(device)).toBeGreaterThanOrEqual(3);
    // From then on it holds up nothing at all.
    world.server.put('note', 'more', { text: 'more' });
    expect((await note.pull()).status).toBe('done');
    expect(notesOf(device)).toHaveLength(3);
  });

  test('I2: one that took effect all the while becomes one with what a pull has brought of it', async () => {
    const { bend, answer } = keeping();
    const device = await world.settled({ bend });
    const { note } = device.sync.models;
    const made = note.create({ text: 'ours' });
    await until('it was tried three times', () => attemptsOf(device) >= 3);
    expect((await note.pull()).status).toBe('done');
    const [serverId = ''] = world.server.ids('note');
    expect(notesOf(device).map(({ id }) => id)).toEqual(
      expect.arrayContaining([made.id, serverId]),
    );
    answer();
    expect((await made.settled).outcome).toBe('committed');
    expect(notesOf(device)).toEqual([{ id: made.id, text: 'ours' }]);
    expect(note.selectById(device.store.getState(), serverId)).toMatchObject({ id: made.id });
    await synced(device);
    await note.pull({ full: true });
    expect(notesOf(device)).toHaveLength(1);
    expect(world.server.ids('note')).toEqual([serverId]);
  });

  test.each(['the edit', 'the create'])(
    'I1: what was edited in the pulled one meanwhile is kept, and both become one (%s is answered first)',
    async (first) => {
      const { bend, answer, holdUpdates } = keeping();
      const device = await world.settled({ bend });
      const { note } = device.sync.models;
      const made = note.create({ text: 'ours' });
      await until('it was tried three times', () => attemptsOf(device) >= 3);
      await note.pull();
      const [serverId = ''] = world.server.ids('note');
      device.sync.pause();
      const edit = note.update(serverId, { text: 'edited' });
      await edit.saved;
      if (first === 'the create') {
        holdUpdates();
        answer();
      }
      await device.sync.resume();
      await (first === 'the create' ? made : edit).settled;
      answer();
      expect((await made.settled).outcome).toBe('committed');
      expect((await edit.settled).outcome).toBe('committed');
      await until('they are one', () => notesOf(device).length === 1);
      expect(notesOf(device)).toEqual([{ id: made.id, text: 'edited' }]);
      expect(world.server.find('note', serverId)?.record).toMatchObject({ text: 'edited' });
      expect(note.selectById(device.store.getState(), made.id)).toMatchObject({ text: 'edited' });
    },
  );

  test('SV17: one that the server says it works on for ever holds up pulls for a minute at most', async () => {
    let skew = 0;
    const env = quickEnv({
      now: () => Date.now() + skew,
      // What waits for the minute to be over comes around soon.
      setTimer: (delay, callback, label) =>
        browserEnv.setTimer(label === 'pull' ? Math.min(delay, 20) : delay, callback, label),
    });
    const failure = { ...busy, code: 'underWay', status: 202 } as const;
    const can = { keys: true, versions: true, patches: true, batch: false, cursor: true };
    const bend: Bend = () => ({
      push: async () => ({ kind: 'underWay', retryIn: 20, failure }),
      abilities: () => can,
    });
    const device = await world.settled({ bend, env, more: resting });
    const { note } = device.sync.models;
    note.create({ text: 'ours' });
    await until('it is under way', () => stateOf(device).sequenced.counts.backoff === 1);
    world.server.put('note', 'theirs', { text: 'theirs' });
    expect((await note.pull()).status).toBe('postponed');
    expect(statusOf(device).phase).not.toBe('synced');
    skew = 59_000;
    expect((await note.pull()).status).toBe('postponed');
    expect(notesOf(device)).toHaveLength(1);
    skew = 61_000;
    await until('theirs is here, by itself', () => notesOf(device).length === 2);
  });

  test('an id that the server gives again is our new record’s: nothing of the one from before stays', async () => {
    for (let i = 0; i < 5; i++) world.server.put('note', '7', { text: `old ${i}` });
    const bend: Bend = ({ push }) => ({
      push: async (request, model, signal) => {
        if (request.kind !== 'create') return push(request, model, signal);
        world.server.forget('note', '7');
        world.server.put('note', '7', { text: 'ours' });
        const remote = world.server.read('note', '7');
        return { kind: 'committed', remote, version: remote.version };
      },
    });
    const device = await world.settled({ bend });
    expect(notesOf(device)).toEqual([{ id: '7', text: 'old 4' }]);
    const made = device.sync.models.note.create({ text: 'ours' });
    expect((await made.settled).outcome).toBe('committed');
    expect(notesOf(device)).toEqual([{ id: made.id, text: 'ours' }]);
  });

  test('one that is under way is waited for: nothing is shown twice, not even for a moment', async () => {
    let isHeld = true;
    const bend: Bend = ({ push }) => ({
      push: async (...args) => {
        const answer = await push(...args);
        await until('it may be answered', () => !isHeld);
        return answer;
      },
    });
    const device = await world.settled({ bend });
    const { note } = device.sync.models;
    let most = 0;
    device.store.subscribe(() => {
      most = Math.max(most, notesOf(device).length);
    });
    const made = note.create({ text: 'ours' });
    await until('the server has it', () => world.server.ids('note').length === 1);
    expect((await note.pull()).status).toBe('postponed');
    isHeld = false;
    await made.settled;
    await synced(device);
    expect((await note.pull()).status).toBe('done');
    expect(most).toBe(1);
  });
});
