import { expectSame, timed } from '../../page/samples.ts';
import type { Todo } from '../../page/todos.ts';

/** Requests and batches under way at once, and operations in a batch: as ours. */
const parallel = 6;
const parallelBatches = 2;
const batchSize = 100;

/** The create of a record as a request of its own: the same for every contender. */
export async function postTodo(apiUrl: string, todo: object, key: string): Promise<unknown> {
  const response = await fetch(`${apiUrl}/todos`, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'idempotency-key': `"${key}"`,
    },
    body: JSON.stringify(todo),
  });
  expectSame('status', response.status, 201);
  return response.json();
}

async function postBatch(apiUrl: string, todos: readonly Todo[]): Promise<void> {
  const operations = todos.map((body) => {
    const contentType = 'application/json';
    return { operationId: crypto.randomUUID(), method: 'POST', path: 'todos', contentType, body };
  });
  const response = await fetch(`${apiUrl}/sync/batch`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ operations }),
  });
  expectSame('status', response.status, 200);
  const { results } = (await response.json()) as { results: { status: unknown }[] };
  for (const { status } of results) expectSame('status of an operation', status, 201);
}

async function atOnce(workers: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: workers }, work));
}

/** The floor: the same requests, and nothing written down. */
export function drainFetch(apiUrl: string, todos: readonly Todo[]): Promise<number> {
  const left = todos.values();
  const send = async () => {
    for (const todo of left) await postTodo(apiUrl, todo, crypto.randomUUID());
  };
  return timed(() => atOnce(parallel, send));
}

/** The floor of batches. */
export function drainFetchInBatches(apiUrl: string, todos: readonly Todo[]): Promise<number> {
  let from = 0;
  const send = async () => {
    while (from < todos.length) {
      const part = todos.slice(from, from + batchSize);
      from += batchSize;
      await postBatch(apiUrl, part);
    }
  };
  return timed(() => atOnce(parallelBatches, send));
}
