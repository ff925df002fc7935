import { describe, expect, test } from 'vitest';
import { defineModel } from '../../src/index.ts';
import type { JsonObject } from '../../store/json.ts';
import { patient } from '../support/pulls.ts';
import { type Bend, busy, stateOf, statusOf, synced, tinyWorld } from '../support/tinyServer.ts';
import { type Note, type Todo, until } from '../support/world.ts';

const world = tinyWorld();

/** Notes get their ids from the server, and only some are kept here; a todo's `note` names one. */
const related = {
  models: {
    todo: defineModel<Todo>({ endpoint: 'todos', references: { note: 'note' } }),
    note: defineModel<Note>({
      ...{ endpoint: 'notes', ids: 'server', filter: { text: 'open' } },
    }),
  },
};

function watched() {
  const bodies: JsonObject[] = [];
  const bend: Bend = ({ push }) => ({
    push: async (request, model, signal) => {
      if (request.body) bodies.push(JSON.parse(request.body));
      return push(request, model, signal);
    },
  });
  return { bodies, bend };
}

async function withNote() {
  const { bodies, bend } = watched();
  const device = await world.settled({ bend, more: related });
  const made = device.sync.models.note.create({ text: 'open' });
  await made.settled;
  await synced(device);
  const [serverId = ''] = world.server.ids('note');
  return { device, bodies, key: made.id, serverId };
}

describe('P28: a record that others name', () => {
  test('P26 P28: out of the filter it is named to the server by its id there, and back again it has its key', async () => {
    const { device, bodies, key, serverId } = await withNote();
    const { note, todo } = device.sync.models;
    world.server.put('note', serverId, { text: 'closed' });
    await note.pull({ full: true });
    expect(note.selectById(device.store.getState(), key)).toBeUndefined();
    await todo.create({ id: 'a', title: 'A', done: false, note: key }).settled;
    expect(bodies.at(-1)?.note).toBe(serverId);
    expect(todo.selectById(device.store.getState(), 'a')?.note).toBe(key);
    world.server.put('note', serverId, { text: 'open' });
    await note.pull();
    expect(note.selectById(device.store.getState(), key)).toMatchObject({ text: 'open' });
  });

  test('P28: its name outlives a reload that begins with a checkpoint', async () => {
    const { device, bodies, key, serverId } = await withNote();
    world.server.put('note', serverId, { text: 'closed' });
    await device.sync.models.note.pull({ full: true });
    await device.sync.persistor.flush();
    await device.sync.stop();
    device.sync.start();
    await device.sync.ready;
    const { todo } = device.sync.models;
    await todo.create({ id: 'a', title: 'A', done: false, note: key }).settled;
    expect(bodies.at(-1)?.note).toBe(serverId);
  });

  test('P28: taken back before it was sent, who names it waits, says why, and goes when it is made again', async () => {
    const { bodies, bend } = watched();
    const device = await world.settled({ bend, more: related });
    const { note, todo } = device.sync.models;
    device.sync.pause();
    const parent = note.create({ text: 'open' });
    const child = todo.create({ id: 'a', title: 'A', done: false, note: parent.id });
    await child.saved;
    expect(await parent.cancel()).toBe('cancelled');
    await device.sync.resume();
    await until('it says why', () => statusOf(device).reason === 'dependency');
    const told = device.sync.explain('todo', 'a');
    expect(told.waitsFor[0]).toEqual({ kind: 'parentFailed', operationId: null });
    expect(bodies).toEqual([]);
    note.create({ id: parent.id, text: 'open' });
    expect((await child.settled).outcome).toBe('committed');
    expect(bodies.at(-1)?.note).toBe(world.server.ids('note')[0]);
  });
});

describe('P28: what names a record of ours before its answer has come', () => {
  async function answerLost() {
    let lost = true;
    const bend: Bend = ({ push }) => ({
      push: async (...args) => {
        const answer = await push(...args);
        return lost ? { kind: 'retryLater', failure: busy } : answer;
      },
    });
    const device = await world.settled({ bend, more: { ...related, ...patient } });
    const made = device.sync.models.note.create({ text: 'open' });
    await until('it waits to be sent again', () => stateOf(device).sequenced.counts.backoff === 1);
    lost = false;
    const [serverId = ''] = world.server.ids('note');
    world.server.put('todo', 'x', { title: 'X', done: false, note: serverId });
    return { device, key: made.id };
  }

  test('SV22 P28: it waits for the answer, and names the record by its key here', async () => {
    const { device, key } = await answerLost();
    const { note, todo } = device.sync.models;
    const shown = () => todo.selectById(device.store.getState(), 'x');
    expect((await todo.pull()).status).toBe('postponed');
    expect(shown()).toBeUndefined();
    world.server.namesOperations = true;
    expect((await note.pull()).status).toBe('done');
    // The pull that waited comes again by itself.
    await until('it is here', () => shown() !== undefined);
    expect(shown()).toMatchObject({ note: key });
  });

  test('P28: what was taken before the key was known names it as soon as it is met again', async () => {
    // The id that the server gives next.
    world.server.put('todo', 'x', { title: 'X', done: false, note: 'made-2' });
    const device = await world.settled({ more: related });
    const { note, todo } = device.sync.models;
    const named = () => todo.selectById(device.store.getState(), 'x')?.note;
    await until('it is here', () => named() === 'made-2');
    const made = note.create({ text: 'open' });
    await made.settled;
    expect(world.server.ids('note')).toEqual(['made-2']);
    await todo.pull({ full: true });
    expect(named()).toBe(made.id);
  });
});
