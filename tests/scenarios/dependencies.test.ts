import { describe, expect, test } from 'vitest';
import { defineModel } from '../../src/index.ts';
import type { JsonObject } from '../../store/json.ts';
import { type Bend, pause, statusOf, synced, tinyWorld } from '../support/tinyServer.ts';
import { type Note, type Todo, until } from '../support/world.ts';

const world = tinyWorld();

/** Notes get their ids from the server; a todo's `note` names one. */
const related = {
  models: {
    todo: defineModel<Todo>({ endpoint: 'todos', references: { note: 'note' } }),
    note: defineModel<Note>({ endpoint: 'notes', ids: 'server' }),
  },
};

/** What left, in order: kind and record. */
function watched(bend: Bend = () => ({})) {
  const sent: string[] = [];
  const bodies: JsonObject[] = [];
  const watching: Bend = (straight) => {
    const bent = { ...straight, ...bend(straight) };
    return {
      ...bent,
      push: async (request, model, signal) => {
        sent.push(`${request.kind} ${model.name}`);
        if (request.body) bodies.push(JSON.parse(request.body));
        return bent.push(request, model, signal);
      },
    };
  };
  return { sent, bodies, bend: watching };
}

const refusing: Bend = ({ push }) => ({
  push: async (request, model, signal) => {
    if (!request.body?.includes('bad')) return push(request, model, signal);
    const failure = { code: 'rejected', status: 422, message: 'no', at: 1 } as const;
    return { kind: 'rejected', failure };
  },
});

describe('P6: dependsOn', () => {
  test('a write waits until the one that it depends on is on the server', async () => {
    const { sent, bend } = watched(({ push }) => ({
      push: async (...args) => {
        await pause(args[1].name === 'note' ? 30 : 0);
        return push(...args);
      },
    }));
    const device = await world.settled({ bend });
    const { note, todo } = device.sync.models;
    const first = note.create({ text: 'n' });
    const second = todo.create({ id: 'a', title: 'A', done: false }, { dependsOn: first });
    const third = todo.create({ id: 'b', title: 'B', done: false }, { dependsOn: [second] });
    await Promise.all([first.settled, second.settled, third.settled]);
    expect(sent).toEqual(['create note', 'create todo', 'create todo']);
    expect(world.server.ids('todo')).toEqual(['a', 'b']);
  });

  test('one that is refused holds what depends on it, and nobody else; mended, both go', async () => {
    const { bend } = watched(refusing);
    const device = await world.settled({ bend });
    const { todo } = device.sync.models;
    const parent = todo.create({ id: 'p', title: 'bad', done: false });
    const child = todo.create({ id: 'c', title: 'C', done: false }, { dependsOn: parent });
    const other = todo.create({ id: 'o', title: 'O', done: false });
    expect((await other.settled).outcome).toBe('committed');
    await until('a dead letter', () => statusOf(device).failed === 1);
    await pause(30);
    expect(world.server.ids('todo')).toEqual(['o']);
    await device.sync.outbox.edit(parent.operationId, { title: 'good' });
    expect((await child.settled).outcome).toBe('committed');
    expect(world.server.ids('todo')).toEqual(['o', 'p', 'c']);
  });

  test('the wait outlives a reload', async () => {
    const { sent, bend } = watched();
    const device = await world.settled({ bend });
    device.sync.pause();
    const { note, todo } = device.sync.models;
    const parent = note.create({ text: 'n' });
    const child = todo.create({ id: 'a', title: 'A', done: false }, { dependsOn: parent });
    await child.saved;
    await device.sync.stop();
    device.sync.start();
    await device.sync.ready;
    expect((await device.sync.outbox.settled(child.operationId)).outcome).toBe('committed');
    expect(sent).toEqual(['create note', 'create todo']);
  });

  test('what was cancelled is waited for in vain: a person may cancel that too', async () => {
    const device = await world.settled();
    device.sync.pause();
    const { todo } = device.sync.models;
    const parent = todo.create({ id: 'p', title: 'P', done: false });
    const child = todo.create({ id: 'c', title: 'C', done: false }, { dependsOn: parent });
    await parent.cancel();
    await device.sync.resume();
    await until('it says why', () => statusOf(device).reason === 'dependency');
    expect(world.server.ids('todo')).toEqual([]);
    expect(await child.cancel()).toBe('cancelled');
    await synced(device);
  });

  test('what is neither a handle nor an id is refused at the border', async () => {
    const { todo } = (await world.settled()).sync.models;
    const write = (dependsOn: never) => () =>
      todo.create({ title: 'x', done: false }, { dependsOn });
    expect(write(7 as never)).toThrow('dependsOn');
    expect(write([''] as never)).toThrow('dependsOn.0');
  });
});

describe('P28: ids that the server gives', () => {
  test('DA16 SV22: a record waits for the one it names, and is sent with its server id', async () => {
    const { sent, bodies, bend } = watched();
    const device = await world.settled({ bend, more: related });
    const { note, todo } = device.sync.models;
    device.sync.pause();
    const parent = note.create({ text: 'n' });
    const child = todo.create({ id: 'a', title: 'A', done: false, note: parent.id });
    await child.saved;
    await device.sync.resume();
    const { record } = await child.settled;
    expect(sent).toEqual(['create note', 'create todo']);
    const [made] = world.server.ids('note');
    expect(bodies[1]?.note).toBe(made);
    expect(made).not.toBe(parent.id);
    // Here the key stays what it was.
    expect(record).toMatchObject({ note: parent.id });
  });

  test('SV22: temporary ids inside queued edits are translated when they are sent', async () => {
    world.server.put('todo', 'a', { title: 'A', done: false });
    const { bodies, bend } = watched();
    const device = await world.settled({ bend, more: related });
    device.sync.pause();
    const { note, todo } = device.sync.models;
    const made = note.create({ text: 'n' });
    const edit = todo.update('a', { note: made.id });
    await edit.saved;
    await device.sync.resume();
    await edit.settled;
    expect(bodies.at(-1)?.note).toBe(world.server.ids('note')[0]);
  });

  test('P28: what others wrote names the records by their server ids; here they have their keys', async () => {
    const device = await world.settled({ more: related });
    const { note, todo } = device.sync.models;
    const made = note.create({ text: 'n' });
    await made.settled;
    const [serverId = ''] = world.server.ids('note');
    world.server.put('todo', 'x', { title: 'X', done: false, note: serverId });
    await todo.pull();
    expect(todo.selectById(device.store.getState(), 'x')).toMatchObject({ note: made.id });
  });

  test('two records that name each other do not wait for ever', async () => {
    const models = {
      todo: defineModel<Todo>({ endpoint: 'todos', references: { note: 'todo' } }),
      note: defineModel<Note>({ endpoint: 'notes', ids: 'server' }),
    };
    const device = await world.settled({ more: { models } });
    const { todo } = device.sync.models;
    device.sync.pause();
    todo.create({ id: 'a', title: 'A', done: false, note: 'b' });
    await todo.create({ id: 'b', title: 'B', done: false, note: 'a' }).saved;
    await device.sync.resume();
    await synced(device);
    expect(world.server.ids('todo').sort()).toEqual(['a', 'b']);
  });

  describe('an edit that names what waits for its own record', () => {
    async function device() {
      const ids = 'server';
      const models = {
        todo: defineModel<Todo>({ endpoint: 'todos', ids, references: { note: 'note' } }),
        note: defineModel<Note>({ endpoint: 'notes', ids, references: { text: 'todo' } }),
      };
      const made = await world.settled({ more: { models } });
      return { ...made, ...made.sync.models };
    }

    function there() {
      const [[note = ''], [todo = '']] = [world.server.ids('note'), world.server.ids('todo')];
      const records = [world.server.find('note', note), world.server.find('todo', todo)];
      return { ids: { note, todo }, records: records.map((it) => it?.record) };
    }

    test('P28 SV22: made behind its create it goes by itself, and both are named by their ids there', async () => {
      const { note, todo, ...made } = await device();
      made.sync.pause();
      const list = note.create({ text: '' });
      const item = todo.create({ title: 'A', done: false, note: list.id });
      await note.update(list.id, { text: item.id }).saved;
      await made.sync.resume();
      await synced(made);
      const { ids, records } = there();
      expect(records).toMatchObject([{ text: ids.todo }, { note: ids.note }]);
    });

    test('P6 P28: behind an edit that is depended on it goes by itself as well', async () => {
      const { note, todo, ...made } = await device();
      const list = note.create({ text: '' });
      await list.settled;
      made.sync.pause();
      const first = note.update(list.id, { text: '' });
      const item = todo.create({ title: 'A', done: false }, { dependsOn: first });
      await note.update(list.id, { text: item.id }).saved;
      await made.sync.resume();
      await synced(made);
      const { ids, records } = there();
      expect(records).toMatchObject([{ text: ids.todo }, { title: 'A' }]);
    });
  });

  test('a field that names no model is refused when the sync is made', () => {
    const models = { ...related.models, note: related.models.note };
    const wrong = {
      ...models,
      todo: defineModel<Todo>({ endpoint: 'todos', references: { note: 'nothing' } }),
    };
    expect(() => world.device({ more: { models: wrong } })).toThrow('models.todo.references.note');
  });
});
