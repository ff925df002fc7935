import { createCollection, localOnlyCollectionOptions } from '@tanstack/db';
import {
  IndexedDBAdapter,
  type OnlineDetector,
  startOfflineExecutor,
  WebLocksLeader,
} from '@tanstack/offline-transactions';
import { freshName } from '../../page/device.ts';
import { expectSame, timed } from '../../page/samples.ts';
import type { Todo } from '../../page/todos.ts';
import { postTodo } from './fetchAlone.ts';

/** No network until it is told. */
function detector(): OnlineDetector & { readonly comeOnline: () => void } {
  const told = new Set<() => void>();
  let online = false;
  const notifyOnline = () => {
    for (const tell of told) tell();
  };
  return {
    subscribe: (tell) => {
      told.add(tell);
      return () => told.delete(tell);
    },
    notifyOnline,
    isOnline: () => online,
    dispose: () => told.clear(),
    comeOnline: () => {
      online = true;
      notifyOnline();
    },
  };
}

/**
 * A transaction for each record, in the outbox on IndexedDB. The collection keeps what was answered,
 * which costs less than to ask the server for all of it again.
 */
export async function drainTanStack(apiUrl: string, todos: readonly Todo[]): Promise<number> {
  const name = freshName();
  const collection = createCollection(
    localOnlyCollectionOptions({ id: 'todos', getKey: ({ id }: Todo) => id }),
  );
  const onlineDetector = detector();
  const executor = startOfflineExecutor({
    collections: { todos: collection },
    storage: new IndexedDBAdapter(name),
    leaderElection: new WebLocksLeader(name),
    onlineDetector,
    mutationFns: {
      create: async ({ transaction, idempotencyKey }) => {
        for (const { modified } of transaction.mutations) {
          await postTodo(apiUrl, modified, idempotencyKey);
        }
        collection.utils.acceptMutations(transaction);
      },
    },
  });
  await executor.waitForInit();
  const transactions = todos.map((todo) => {
    const transaction = executor.createOfflineTransaction({ mutationFnName: 'create' });
    return transaction.mutate(() => collection.insert(todo));
  });
  while ((await executor.peekOutbox()).length < todos.length) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expectSame('transactions that wait', executor.getPendingCount(), todos.length);
  const ms = await timed(async () => {
    onlineDetector.comeOnline();
    await Promise.all(transactions.map(({ isPersisted }) => isPersisted.promise));
  });
  expectSame('transactions left', (await executor.peekOutbox()).length, 0);
  expectSame('records', collection.size, todos.length);
  executor.dispose();
  await collection.cleanup();
  return ms;
}
