import jsonServer from 'json-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { models, type Todo, transport } from '../../examples/jsonServer.ts';
import { exampleDevice, listen } from '../support/examples.ts';

async function world(todos: readonly Todo[] = []) {
  const router = jsonServer.router({ todos: todos.map((todo) => ({ ...todo })) });
  const app = jsonServer.create();
  app.use(jsonServer.defaults({ logger: false }));
  app.use(router);
  const { url, close } = await listen(app);
  onTestFinished(close);
  return {
    device: () => exampleDevice(models, transport(url)),
    stored: () => router.db.getState().todos,
    /** Another client of the same server. */
    someoneElse: (method: string, path: string, body?: object) =>
      fetch(`${url}/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      }),
  };
}

describe('json-server: no keys, no versions, no cursor', () => {
  test('what is written online reaches the server, and only changed fields travel', async () => {
    const { device, stored } = await world();
    const { models, sent, synced } = await device();
    const { id, settled } = models.todo.create({ title: 'Tea', done: false, note: 'green' });
    expect((await settled).outcome).toBe('committed');
    const change = models.todo.update(id, { done: true, note: null });
    expect((await change.settled).outcome).toBe('committed');
    expect(stored()).toEqual([{ id, title: 'Tea', done: true, note: null }]);
    const patch = sent.find(({ method }) => method === 'PATCH');
    expect(patch).toMatchObject({ url: `/todos/${id}`, type: 'application/json' });
    expect(patch?.body).toEqual({ done: true, note: null });
    expect((await models.todo.remove(id).settled).outcome).toBe('committed');
    expect(stored()).toEqual([]);
    await synced();
  });

  test('what is written offline goes out in order when the network is back', async () => {
    const first = { id: 'a', title: 'First', done: false };
    const { device, stored } = await world([first, { id: 'b', title: 'Second', done: false }]);
    const { models, leave, comeBack, synced, state } = await device();
    await synced();
    leave();
    const made = models.todo.create({ title: 'Third', done: false });
    await models.todo.update(made.id, { tags: ['new'] }).saved;
    await models.todo.update('a', { done: true }).saved;
    await models.todo.remove('b').saved;
    expect(models.todo.selectAll(state()).map(({ title }) => title)).toEqual(['Third', 'First']);
    expect(stored()).toHaveLength(2);
    comeBack();
    await synced();
    expect(stored()).toEqual([
      { ...first, done: true },
      { id: made.id, title: 'Third', done: false, tags: ['new'] },
    ]);
  });

  test('another client’s change and delete arrive by the next pull of the whole list', async () => {
    const many = Array.from({ length: 230 }, (_, i) => ({
      ...{ id: `t${String(i).padStart(3, '0')}`, title: `Todo ${i}`, done: false },
    }));
    const { device, someoneElse } = await world(many);
    const { models, synced, state, sent } = await device();
    await synced();
    expect(models.todo.selectTotal(state())).toBe(230);
    const pages = sent.map(({ url }) => url).filter((url) => url.startsWith('/todos?_start'));
    expect(pages.map((url) => new URLSearchParams(url.slice(7)).get('_start'))).toEqual([
      ...['0', '100', '200'],
    ]);
    await someoneElse('PATCH', 'todos/t120', { title: 'Theirs' });
    await someoneElse('DELETE', 'todos/t007');
    expect(await models.todo.pull()).toMatchObject({ status: 'done', items: 229 });
    expect(models.todo.selectById(state(), 't120')).toMatchObject({ title: 'Theirs' });
    expect(models.todo.selectById(state(), 't007')).toBeUndefined();
    expect(models.todo.selectTotal(state())).toBe(229);
  });

  test('others’ changes are merged with what waits here, as far as a pull shows them', async () => {
    const { device, someoneElse, stored } = await world([{ id: 'a', title: 'Tea', done: false }]);
    const { models, leave, comeBack, synced, state } = await device();
    await synced();
    leave();
    await models.todo.update('a', { done: true }).saved;
    await someoneElse('PATCH', 'todos/a', { title: 'Green tea' });
    comeBack();
    await synced();
    await models.todo.pull();
    expect(stored()).toEqual([{ id: 'a', title: 'Green tea', done: true }]);
    expect(models.todo.selectAll(state())).toEqual(stored());
  });

  test('NW3: an answer to a create that is lost: the second POST gets 500 and makes no second record', async () => {
    const { device, stored } = await world();
    const { models, loseAnswer, sent, synced } = await device();
    await synced();
    loseAnswer('POST');
    const write = models.todo.create({ title: 'Tea', done: false });
    // At the tenth 500 in a row it is read what stands there, and it is ours.
    expect((await write.settled).outcome).toBe('committed');
    expect(stored()).toEqual([{ id: write.id, title: 'Tea', done: false }]);
    expect(sent.filter(({ method }) => method === 'POST')).toHaveLength(11);
  });

  test('an answer to an update or a delete that is lost does no harm: both say it again', async () => {
    const { device, stored } = await world([{ id: 'a', title: 'Tea', done: false }]);
    const { models, loseAnswer, sent, synced } = await device();
    await synced();
    loseAnswer('PATCH');
    await models.todo.update('a', { done: true }).settled;
    expect(stored()).toEqual([{ id: 'a', title: 'Tea', done: true }]);
    loseAnswer('DELETE');
    expect((await models.todo.remove('a').settled).outcome).toBe('committed');
    expect(stored()).toEqual([]);
    expect(sent.filter(({ method }) => method === 'DELETE')).toHaveLength(2);
  });

  test('sync.guarantees says what this server lacks', async () => {
    const { device } = await world();
    const { sync } = await device();
    const lacking = sync.guarantees.todo.filter(({ holds }) => !holds);
    expect(lacking.map(({ promise }) => promise)).toEqual([
      ...['updatesOnce', 'noOverwriting', 'deltaPull', 'batched'],
    ]);
  });
});
