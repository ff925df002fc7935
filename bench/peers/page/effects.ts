import { expectSame } from '../../page/samples.ts';
import type { Todo } from '../../page/todos.ts';

/** What the reference server has done: a contender whose work did not arrive measured nothing. */
export interface Effects {
  /** Empties the server and sets how long it waits before each answer. */
  reset(delayMs: number): Promise<void>;
  /** @throws Error unless each record was made exactly once, as it was meant */
  expect(todos: readonly Todo[]): Promise<void>;
}

export function openEffects(controlUrl: string): Effects {
  const control = async (path: string, body: object) => {
    const response = await fetch(`${controlUrl}/_control/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expectSame(path, response.status, 200);
  };
  return {
    async reset(delayMs) {
      await control('reset', {});
      await control('trouble', { delayMs });
    },
    async expect(todos) {
      const response = await fetch(`${controlUrl}/_control/state?ledger=${2 * todos.length}`);
      const { rows, ledger } = (await response.json()) as {
        rows: { todos: { id: string; record: Todo }[] };
        ledger: unknown[];
      };
      expectSame('effects on the server', ledger.length, todos.length);
      expectSame('records on the server', rows.todos.length, todos.length);
      const known = new Map(rows.todos.map(({ record }) => [record.counter, record.title]));
      for (const { counter, title } of todos) expectSame('title', known.get(counter), title);
    },
  };
}
