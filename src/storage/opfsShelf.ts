import { browserEnv } from '../env/browserEnv.ts';
import type { ShelfAnswer, ShelfEnvelope, ShelfRequest } from '../env/shelfMessages.ts';
import type { Env, ShelfWorker } from '../ports/env.ts';
import type { Shelf, ShelfConnection, ShelfFile } from '../ports/shelf.ts';
import { StorageError } from '../ports/storage.ts';
import { storageError } from './idbRequests.ts';

/** ms until a worker that does not answer is given up. */
const deadline = 10_000;

/**
 * The default second shelf: files of the origin's private file system, written by a worker with
 * sync access handles and flushed. Of the places that browsers have beside IndexedDB it is the one
 * that survived every kill and every deleted database, and the fastest (docs/decisions).
 */
export function opfsShelf(env: Env = browserEnv): Shelf {
  return {
    kind: 'opfs',
    async open(name) {
      const worker = env.shelfWorker?.();
      if (!worker) throw new StorageError('unavailable', 'there is no private file system here');
      const client = new WorkerClient(env, worker);
      // A name is free text; a folder's is not.
      try {
        await client.ask({ do: 'open', path: ['syncharts', encodeURIComponent(name)] }, 'opening');
      } catch (error) {
        await client.close();
        throw error;
      }
      return connectionOver(client);
    },
  };
}

function connectionOver(client: WorkerClient): ShelfConnection {
  return {
    list: async () => (await client.ask({ do: 'list' }, 'listing')) as readonly ShelfFile[],
    read: async (file, from = 0) =>
      (await client.ask({ do: 'read', file, from }, 'reading')) as string,
    append: async (file, text) =>
      (await client.ask({ do: 'append', file, text }, 'writing')) as number,
    cut: async (file, size) => void (await client.ask({ do: 'cut', file, size }, 'cutting')),
    isHeld: async (file) => (await client.ask({ do: 'isHeld', file }, 'looking')) as boolean,
    release: async (file) => void (await client.ask({ do: 'release', file }, 'releasing')),
    remove: async (file, size) =>
      (await client.ask({ do: 'remove', file, size }, 'removing')) as boolean,
    close: () => client.close(),
  };
}

interface Waiter {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: StorageError) => void;
}

/** Questions to the worker and its answers, matched by number. */
class WorkerClient {
  readonly #env: Env;
  readonly #worker: ShelfWorker;
  readonly #waiting = new Map<number, Waiter>();
  #count = 0;
  /** Why it can be asked no more. */
  #end: StorageError | null = null;

  constructor(env: Env, worker: ShelfWorker) {
    this.#env = env;
    this.#worker = worker;
    worker.listen({
      answer: (data) => this.#answered(data as ShelfAnswer),
      // Its file was not served, or the page's policy forbids workers.
      failed: () => this.#fail(new StorageError('unavailable', 'the worker can not be started')),
    });
  }

  ask(request: ShelfRequest, doing: string): Promise<unknown> {
    const end = this.#end;
    if (end) return Promise.reject(end);
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      const timer = this.#env.setTimer(
        deadline,
        () => this.#fail(new StorageError('timeout', `${doing} the second shelf takes too long`)),
        'shelf',
      );
      const settle = <T>(end: (value: T) => void) => {
        return (value: T) => {
          this.#env.clearTimer(timer);
          end(value);
        };
      };
      this.#waiting.set(id, {
        resolve: settle(resolve),
        reject: settle((error: StorageError) => reject(storageError(doing, error))),
      });
      this.#worker.post({ id, request } satisfies ShelfEnvelope);
    });
  }

  async close(): Promise<void> {
    if (!this.#end) await this.ask({ do: 'close' }, 'closing').catch(() => {});
    this.#fail(new StorageError('lost', 'the second shelf was closed'));
  }

  #answered(answer: ShelfAnswer): void {
    const waiter = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (!waiter) return;
    if ('result' in answer) waiter.resolve(answer.result);
    else waiter.reject(storageError('the second shelf', answer.error));
  }

  #fail(error: StorageError): void {
    this.#end ??= error;
    this.#worker.terminate();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}
