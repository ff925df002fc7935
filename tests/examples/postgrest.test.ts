import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { models, pageSize, transport } from '../../examples/postgrest.ts';
import { exampleDevice } from '../support/examples.ts';
import { postgrestTable } from '../support/postgrest.ts';
import { until } from '../support/world.ts';

const base = 'https://project.supabase.co/rest/v1';
const server = setupServer();
beforeAll(() => server.listen());
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

function world() {
  const table = postgrestTable(`${base}/todos`, 'anon-key');
  server.use(table.handler);
  return {
    ...table,
    row: (id: string) => table.rows.get(id),
    device: () =>
      exampleDevice(
        models,
        transport(base, 'anon-key', () => 'jwt-of-this-person'),
      ),
  };
}

describe('PostgREST', () => {
  test('a create, an update and a delete name their row by filters and are answered with it', async () => {
    const { device, row, heard } = world();
    const { models, state, sent, synced } = await device();
    const { id, settled } = models.todo.create({ title: 'Tea', done: false });
    expect((await settled).outcome).toBe('committed');
    const version = row(id)?.updated_at;
    expect(models.todo.selectById(state(), id)).toEqual(row(id));
    expect((await models.todo.update(id, { done: true }).settled).outcome).toBe('committed');
    expect(row(id)).toMatchObject({ title: 'Tea', done: true });
    const patch = sent.find(({ method }) => method === 'PATCH');
    const query = new URLSearchParams(patch?.url.split('?')[1]);
    expect([...query]).toEqual([
      ['id', `eq.${id}`],
      ['updated_at', `eq.${version}`],
    ]);
    expect(patch?.body).toEqual({ done: true, updated_at: version });
    expect((await models.todo.remove(id).settled).outcome).toBe('committed');
    expect(row(id)).toBeUndefined();
    await synced();
    for (const { headers } of heard) {
      expect(headers.get('apikey')).toBe('anon-key');
      expect(headers.get('authorization')).toBe('Bearer jwt-of-this-person');
    }
  });

  test('a pull goes on behind the last row it has seen, also among rows of one moment', async () => {
    const { device, put, rows } = world();
    for (let i = 0; i < pageSize + 20; i++) {
      const { id } = put({ id: `t${String(i).padStart(4, '0')}`, title: `Todo ${i}`, done: false });
      // One transaction: one moment.
      rows.set(id, { ...put({ ...rows.get(id) }), updated_at: '2026-05-01T11:00:00.000001+00:00' });
    }
    const { models, state, sent, synced } = await device();
    await synced();
    expect(models.todo.selectTotal(state())).toBe(pageSize + 20);
    put({ id: 't0007', title: 'Theirs', done: false });
    const lists = () => sent.filter(({ url }) => url.includes('order=')).length;
    const before = lists();
    expect(await models.todo.pull()).toMatchObject({ status: 'done', items: 1 });
    expect(models.todo.selectById(state(), 't0007')).toMatchObject({ title: 'Theirs' });
    // Nothing new: an empty page has no last row, and the cursor stays where it was.
    for (let i = 0; i < 3; i++) expect(await models.todo.pull()).toMatchObject({ items: 0 });
    expect(lists() - before).toBe(4);
  });

  test('P19: a last page that happens to be empty leaves the place behind the last row that was seen', async () => {
    const { device, put } = world();
    for (let i = 0; i < pageSize; i++) put({ id: `t${i}`, title: `Todo ${i}`, done: false });
    const { models, state, sent, synced } = await device();
    await synced();
    const lists = () => sent.filter(({ url }) => url.includes('order=')).length;
    expect([models.todo.selectTotal(state()), lists()]).toEqual([pageSize, 2]);
    put({ id: 't7', title: 'Theirs', done: false });
    expect(await models.todo.pull()).toMatchObject({ status: 'done', items: 1 });
    expect(models.todo.selectById(state(), 't7')).toMatchObject({ title: 'Theirs' });
    expect(lists()).toBe(3);
  });

  test('what others delete is not in a list of changes: a full pull finds it', async () => {
    const { device, put, rows } = world();
    put({ id: 'a', title: 'Tea', done: false });
    put({ id: 'b', title: 'Coffee', done: false });
    const { models, state, synced } = await device();
    await synced();
    rows.delete('a');
    await models.todo.pull();
    expect(models.todo.selectTotal(state())).toBe(2);
    await models.todo.pull({ full: true });
    expect(models.todo.selectAll(state())).toMatchObject([{ id: 'b' }]);
  });

  test('SV10: a change of an old version matches no row, and both sides’ changes are merged', async () => {
    const { device, put, row } = world();
    put({ id: 'a', title: 'Tea', done: false });
    const { models, state, leave, comeBack, synced } = await device();
    await synced();
    leave();
    const late = models.todo.update('a', { done: true });
    await late.saved;
    put({ ...row('a'), title: 'Green tea' });
    comeBack();
    await synced();
    expect((await late.settled).outcome).toBe('merged');
    expect(row('a')).toMatchObject({ title: 'Green tea', done: true });
    expect(models.todo.selectById(state(), 'a')).toEqual(row('a'));
  });

  test('SV4 SV5: what others deleted matches no row: a delete is done, a change waits for a person', async () => {
    const { device, put, rows } = world();
    put({ id: 'a', title: 'Tea', done: false });
    put({ id: 'b', title: 'Coffee', done: false });
    const { sync, models, leave, comeBack, synced } = await device();
    await synced();
    leave();
    const removed = models.todo.remove('a');
    await models.todo.update('b', { done: true }).saved;
    rows.clear();
    comeBack();
    expect((await removed.settled).outcome).toBe('committed');
    await until('it is parked', () => sync.conflicts.list().length === 1);
    expect(sync.conflicts.list()).toMatchObject([{ recordId: 'b', remote: null }]);
    await sync.conflicts.resolve('b', 'keepLocal');
    await synced();
    expect(rows.get('b')).toMatchObject({ title: 'Coffee', done: true });
  });

  test('SV5: a delete of an old version matches no row either, and deletes nothing unseen', async () => {
    const { device, put, row } = world();
    put({ id: 'a', title: 'Tea', done: false });
    const { sync, models, leave, comeBack, synced } = await device();
    await synced();
    leave();
    await models.todo.remove('a').saved;
    put({ ...row('a'), title: 'Do not delete me' });
    comeBack();
    await until('it is parked', () => sync.conflicts.list().length === 1);
    expect(row('a')).toMatchObject({ title: 'Do not delete me' });
  });

  test.each(['POST', 'PATCH', 'DELETE'] as const)(
    'NW3: a %s whose answer is lost takes effect once',
    async (method) => {
      const { device, row, rows } = world();
      const { models, loseAnswer, sent, synced } = await device();
      await synced();
      if (method === 'POST') loseAnswer(method);
      const write = models.todo.create({ title: 'Tea', done: false });
      const made = await write.settled;
      if (method !== 'POST') loseAnswer(method);
      const { id } = write;
      if (method === 'POST') {
        // 409, and what stands there is what we sent.
        expect(made.outcome).toBe('committed');
        expect(rows.size).toBe(1);
      } else if (method === 'PATCH') {
        // The second matches no row: its version is the one before.
        expect((await models.todo.update(id, { done: true }).settled).outcome).toBe('committed');
        expect(row(id)).toMatchObject({ title: 'Tea', done: true });
      } else {
        expect((await models.todo.remove(id).settled).outcome).toBe('committed');
        expect(row(id)).toBeUndefined();
      }
      expect(sent.filter((one) => one.method === method)).toHaveLength(2);
      await synced();
    },
  );

  test('S20: one call can upsert: what is there already is written over', async () => {
    const { device, put, row } = world();
    const { models, synced } = await device();
    await synced();
    put({ id: 'settings', title: 'Theirs', done: true, color: 'red' });
    const Prefer = 'return=representation,resolution=merge-duplicates';
    const write = models.todo.create(
      { id: 'settings', title: 'Ours', done: false },
      { request: { headers: { Prefer } } },
    );
    expect((await write.settled).outcome).toBe('committed');
    expect(row('settings')).toMatchObject({ title: 'Ours', done: false, color: 'red' });
  });

  test('a change that row level security hides is refused after some tries, not sent for ever', async () => {
    const { device, put, forbidChanges } = world();
    put({ id: 'a', title: 'Tea', done: false });
    const { sync, models, synced, sent } = await device();
    await synced();
    forbidChanges();
    await models.todo.update('a', { done: true }).saved;
    await until('it is a dead letter', () => sync.outbox.list()[0]?.deadLetter === true);
    expect(sent.filter(({ method }) => method === 'PATCH')).toHaveLength(3);
  });

  test('sync.guarantees says what is promised', async () => {
    const { sync } = await world().device();
    const lacking = sync.guarantees.todo.filter(({ holds }) => !holds);
    expect(lacking.map(({ promise }) => promise)).toEqual(['batched']);
  });
});
