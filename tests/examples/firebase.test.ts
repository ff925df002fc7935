import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { models, type Todo, transport } from '../../examples/firebase.ts';
import { exampleDevice } from '../support/examples.ts';

const base = 'https://project.firebaseio.com';
const server = setupServer();
beforeAll(() => server.listen());
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

type Fields = Omit<Todo, 'id'>;

/** The children of one node as the documentation says: in the order of their keys, from `startAt` on. */
function world(count: number) {
  const children = new Map<string, Fields>();
  for (let i = 0; i < count; i++) {
    children.set(`t${String(i).padStart(4, '0')}`, { title: `Todo ${i}`, done: false });
  }
  const page = http.get(`${base}/todos.json`, ({ request }) => {
    const query = new URL(request.url).searchParams;
    const from = JSON.parse(query.get('startAt') ?? '""') as string;
    const keys = [...children.keys()].filter((key) => key >= from).sort();
    const told = keys.slice(0, Number(query.get('limitToFirst') ?? keys.length));
    const found = Object.fromEntries(told.map((key) => [key, children.get(key)]));
    return HttpResponse.json(told.length === 0 ? null : found);
  });
  const one = http.get(`${base}/todos/:file`, ({ params }) => {
    const key = String(params.file).replace('.json', '');
    return HttpResponse.json(children.get(key) ?? null);
  });
  server.use(page, one);
  return children;
}

describe('Firebase', () => {
  test.each([501, 1_000, 499])(
    'P19: of %i children in pages, what others change in the first page and what they delete is seen by each pull',
    async (count) => {
      const children = world(count);
      const {
        models: made,
        state,
        synced,
      } = await exampleDevice(
        models,
        transport(base, async () => 'token'),
      );
      await synced();
      const { todo } = made;
      expect(todo.selectTotal(state())).toBe(count);
      for (const title of ['Theirs', 'Theirs again']) {
        children.set('t0000', { title, done: true });
        expect((await todo.pull()).status).toBe('done');
        expect(todo.selectById(state(), 't0000')).toMatchObject({ title, done: true });
      }
      children.delete('t0001');
      await todo.pull();
      expect(todo.selectById(state(), 't0001')).toBeUndefined();
      expect(todo.selectTotal(state())).toBe(count - 1);
    },
  );
});
