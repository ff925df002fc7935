import type { Query } from 'syncharts';
import { memory } from 'syncharts/storage';
import { makeDevice } from '../../page/device.ts';
import { feed } from '../../page/feed.ts';
import { expectSame } from '../../page/samples.ts';
import type { Todo } from '../../page/todos.ts';
import type { Part, QueriedTable } from './queriedTable.ts';

/** A write as an app makes it: checked, journaled, queued for the server; storage in memory. */
export async function querySyncharts(todos: readonly Todo[], part: Part): Promise<QueriedTable> {
  const device = makeDevice({ transport: feed(todos), storage: memory() });
  const { sync, store, start, total } = device;
  await start();
  await sync.models.todo.pull();
  expectSame('records', total(), todos.length);
  const { update, selectWhere } = sync.models.todo;
  const query: Query<Todo> = { where: { done: false }, orderBy: [['counter', 'desc']], ...part };
  let saved: Promise<void>[] = [];
  selectWhere(store.getState(), query);
  return {
    edit: (id, changes) => {
      saved.push(update(id, changes).saved);
      return selectWhere(store.getState(), query);
    },
    first: async (mark) =>
      selectWhere(store.getState(), { ...query, where: { done: false, counter: { gt: mark } } }),
    settle: async () => {
      await Promise.all(saved);
      saved = [];
      await sync.persistor.flush();
    },
  };
}
