import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import expressPouchDb from 'express-pouchdb';
import memoryAdapter from 'pouchdb-adapter-memory';
import pouchDb from 'pouchdb-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { models, transport } from '../../examples/couchDb.ts';
import { exampleDevice, listen } from '../support/examples.ts';
import { until } from '../support/world.ts';

type Document = Readonly<Record<string, unknown>> & { readonly _rev: string };

let root = '';
let folder = '';
let close = () => Promise.resolve();

// One server for all: the memory adapter's databases are the whole process's.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'couch-'));
  const inMemory = pouchDb.plugin(memoryAdapter).defaults({ adapter: 'memory' });
  const options = { mode: 'minimumForPouchDB', inMemoryConfig: true };
  const app = expressPouchDb(inMemory, { ...options, logPath: join(folder, 'log.txt') });
  ({ url: root, close } = await listen(app));
});

afterAll(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

/** A database with nothing in it, on a server that speaks CouchDB's protocol. */
async function world() {
  const name = `todos-${crypto.randomUUID()}`;
  const url = `${root}/${name}`;
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Document;
  };
  await call('PUT', '');
  const stored = (id: string) => call('GET', `/${id}`);
  return {
    device: () => exampleDevice({ todo: { ...models.todo, endpoint: name } }, transport(root)),
    stored,
    someoneElse: async (id: string, changes: object) =>
      call('PUT', `/${id}`, { ...(await stored(id)), ...changes }),
    removedByOthers: async (id: string) => call('DELETE', `/${id}?rev=${(await stored(id))._rev}`),
  };
}

/** How often a document was written. */
const generation = ({ _rev }: Document) => Number(_rev.slice(0, _rev.indexOf('-')));

describe('CouchDB', () => {
  test('a create, an update and a delete go as whole documents with their revisions', async () => {
    const { device, stored } = await world();
    const { models, state, sent, synced } = await device();
    const { id, settled } = models.todo.create({ title: 'Tea', done: false });
    expect((await settled).outcome).toBe('committed');
    const made = await stored(id);
    expect(made).toMatchObject({ _id: id, title: 'Tea', done: false });
    expect(models.todo.selectById(state(), id)).toMatchObject({ _rev: made._rev });
    const change = models.todo.update(id, { done: true });
    expect((await change.settled).outcome).toBe('committed');
    expect(await stored(id)).toMatchObject({ title: 'Tea', done: true });
    expect(generation(await stored(id))).toBe(2);
    const removed = models.todo.remove(id);
    expect((await removed.settled).outcome).toBe('committed');
    expect(await stored(id)).toMatchObject({ error: 'not_found' });
    expect(sent.find(({ method }) => method === 'DELETE')?.url).toMatch(/\?rev=2-\w+$/);
    await synced();
  });

  test('what others write and delete arrives by the feed of changes, from the cursor on', async () => {
    const { device, someoneElse, removedByOthers } = await world();
    const here = await device();
    const [a, b] = here.models.todo.createMany([
      { title: 'First', done: false },
      { title: 'Second', done: false },
    ]);
    await here.synced();
    const there = await device();
    await there.synced();
    expect(there.models.todo.selectTotal(there.state())).toBe(2);
    await someoneElse(`${a?.id}`, { title: 'Theirs' });
    await removedByOthers(`${b?.id}`);
    expect(await there.models.todo.pull()).toMatchObject({ status: 'done', items: 1, deleted: 1 });
    expect(there.models.todo.selectAll(there.state())).toMatchObject([{ title: 'Theirs' }]);
    expect(await there.models.todo.pull()).toMatchObject({ status: 'done', items: 0, deleted: 0 });
  });

  test('NW: two devices that change two fields of one document offline both keep their change', async () => {
    const { device, stored } = await world();
    const [here, there] = [await device(), await device()];
    const { id } = here.models.todo.create({ title: 'Tea', done: false });
    await here.synced();
    await there.models.todo.pull();
    here.leave();
    there.leave();
    await here.models.todo.update(id, { title: 'Green tea' }).saved;
    const late = there.models.todo.update(id, { done: true });
    await late.saved;
    here.comeBack();
    await here.synced();
    there.comeBack();
    await there.synced();
    expect((await late.settled).outcome).toBe('merged');
    expect(there.sent.map(({ method }) => method)).toContain('PUT');
    await here.models.todo.pull();
    const both = { title: 'Green tea', done: true };
    expect(await stored(id)).toMatchObject(both);
    expect(generation(await stored(id))).toBe(3);
    for (const { models, state } of [here, there]) {
      expect(models.todo.selectById(state(), id)).toMatchObject(both);
    }
  });

  test.each(['create', 'update'] as const)(
    'a %s whose answer is lost takes effect once: the second meets 409 and is found there',
    async (kind) => {
      const { device, stored } = await world();
      const { models, loseAnswer, sent, synced } = await device();
      await synced();
      if (kind === 'create') loseAnswer('PUT');
      const write = models.todo.create({ title: 'Tea', done: false });
      const { id } = write;
      if (kind === 'create') {
        expect((await write.settled).outcome).toBe('committed');
        expect(generation(await stored(id))).toBe(1);
      } else {
        await write.settled;
        loseAnswer('PUT');
        const change = models.todo.update(id, { done: true });
        expect((await change.settled).outcome).toBe('committed');
        expect(generation(await stored(id))).toBe(2);
        expect(await stored(id)).toMatchObject({ title: 'Tea', done: true });
      }
      expect(sent.filter(({ method }) => method === 'PUT')).toHaveLength(kind === 'create' ? 2 : 3);
      await synced();
    },
  );

  test('NW3: an answer lost, and the same field changed by others since: ours goes over theirs again, and the log has theirs', async () => {
    const { device, stored, someoneElse } = await world();
    const { sync, models, loseAnswer, leave, comeBack, synced, sent } = await device();
    const { id, settled } = models.todo.create({ title: 'Tea', done: false });
    await settled;
    loseAnswer('PUT', leave);
    const change = models.todo.update(id, { title: 'Green tea' });
    await until('it took effect', () => sent.filter(({ method }) => method === 'PUT').length === 2);
    await someoneElse(id, { title: 'Black tea' });
    comeBack();
    expect((await change.settled).outcome).toBe('merged');
    await synced();
    // Nothing there says whose the second revision was: it looks like two changes of one field.
    expect(await stored(id)).toMatchObject({ title: 'Green tea' });
    expect(generation(await stored(id))).toBe(4);
    const [entry] = sync.conflicts.log();
    expect(entry).toMatchObject({ field: 'title', local: 'Green tea', remote: 'Black tea' });
  });

  test('a delete whose answer is lost is done: the second finds nothing to delete', async () => {
    const { device, stored } = await world();
    const { models, loseAnswer, synced } = await device();
    const { id, settled } = models.todo.create({ title: 'Tea', done: false });
    await settled;
    loseAnswer('DELETE');
    expect((await models.todo.remove(id).settled).outcome).toBe('committed');
    expect(await stored(id)).toMatchObject({ error: 'not_found' });
    await synced();
  });

  test('SV4: what others deleted while it was changed here waits for a person, who can bring it back', async () => {
    const { device, stored, removedByOthers } = await world();
    const { sync, models, leave, comeBack, synced, status, state } = await device();
    const { id } = models.todo.create({ title: 'Tea', done: false });
    await synced();
    leave();
    await models.todo.update(id, { done: true }).saved;
    await removedByOthers(id);
    comeBack();
    await until('it is parked', () => sync.conflicts.list().length === 1);
    await sync.conflicts.resolve(id, 'keepLocal');
    await synced();
    expect(status().phase).toBe('synced');
    expect(await stored(id)).toMatchObject({ title: 'Tea', done: true });
    expect(models.todo.selectById(state(), id)).toMatchObject({ title: 'Tea', done: true });
  });

  test('sync.guarantees says what is promised', async () => {
    const { device } = await world();
    const { sync } = await device();
    const lacking = sync.guarantees.todo.filter(({ holds }) => !holds);
    expect(lacking.map(({ promise }) => promise)).toEqual(['changedFieldsOnly', 'batched']);
  });
});
