import {
  BTreeIndex,
  createCollection,
  createLiveQueryCollection,
  eq,
  gt,
  localOnlyCollectionOptions,
} from '@tanstack/db';
import type { Todo } from '../../page/todos.ts';
import type { Part, QueriedTable } from './queriedTable.ts';

/** With the index that it suggests for such a query; the collection is in memory alone. */
export async function queryTanStack(todos: readonly Todo[], part: Part): Promise<QueriedTable> {
  const collection = createCollection(
    localOnlyCollectionOptions({
      id: `queried-${part.offset}`,
      getKey: ({ id }: Todo) => id,
      initialData: [...todos],
      defaultIndexType: BTreeIndex,
    }),
  );
  await collection.preload();
  collection.createIndex(({ counter }) => counter);
  const query = async (mark: number) => {
    const live = createLiveQueryCollection({
      query: (q) =>
        q
          .from({ todo: collection })
          .where(({ todo }) => eq(todo.done, false))
          .where(({ todo }) => gt(todo.counter, mark))
          .orderBy(({ todo }) => todo.counter, 'desc')
          .limit(part.limit)
          .offset(part.offset),
      // Else it ends after some seconds without a subscriber, which would cost more.
      gcTime: 0,
    });
    await live.preload();
    return live;
  };
  const live = await query(-1);
  let persisted: Promise<unknown>[] = [];
  return {
    edit: (id, changes) => {
      const transaction = collection.update(id, (draft) => {
        Object.assign(draft, changes);
      });
      persisted.push(transaction.isPersisted.promise);
      return live.toArray;
    },
    first: async (mark) => {
      const other = await query(mark);
      const rows = other.toArray;
      void other.cleanup();
      return rows;
    },
    settle: async () => {
      await Promise.all(persisted);
      persisted = [];
    },
  };
}
