import type { Todo } from '../../page/todos.ts';
import type { Part, QueriedTable } from './queriedTable.ts';

/** A plain Map that is changed in place: no store, no history, and all of it looked at each time. */
export async function queryByHand(
  todos: readonly Todo[],
  { offset, limit }: Part,
): Promise<QueriedTable> {
  const table = new Map(todos.map((todo) => [todo.id, todo]));
  const rows = (mark: number) =>
    [...table.values()]
      .filter(({ done, counter }) => !done && counter > mark)
      .sort((a, b) => b.counter - a.counter || (a.id < b.id ? -1 : 1))
      .slice(offset, offset + limit);
  return {
    edit: (id, changes) => {
      const before = table.get(id);
      if (before) table.set(id, { ...before, ...changes });
      return rows(-1);
    },
    first: async (mark) => rows(mark),
    settle: async () => {},
  };
}
