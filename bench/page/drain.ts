import { rest } from 'syncharts/rest';
import { makeDevice } from './device.ts';
import { expectSame, paired, type Samples, timed } from './samples.ts';
import { idOf, withoutId } from './todos.ts';

/** Requests under way at once, on both sides. */
const parallel = 6;

export interface DrainOptions {
  readonly apiUrl: string;
  /** Where the reference server is turned: its page's port. */
  readonly controlUrl: string;
  readonly operations: number;
  readonly delayMs: number;
}

/** Queued creates sent when the network comes, beside the same requests by `fetch` alone. */
export async function drain(options: DrainOptions, rounds: number): Promise<Samples> {
  const { controlUrl, operations, delayMs } = options;
  const control = (path: string, body: object) =>
    fetch(`${controlUrl}/_control/${path}`, { method: 'POST', body: JSON.stringify(body) });
  const begin = async () => {
    await control('reset', {});
    await control('trouble', { delayMs });
  };
  const onServer = async () => {
    const state = await fetch(`${controlUrl}/_control/state?ledger=0`);
    const { rows } = (await state.json()) as { rows: { todos: unknown[] } };
    expectSame('records on the server', rows.todos.length, operations);
  };
  const ours = async () => {
    await begin();
    const ms = await drainSync(options);
    await onServer();
    return ms;
  };
  const floor = async () => {
    await begin();
    const ms = await timed(() => drainRaw(options));
    await onServer();
    return ms;
  };
  return paired(rounds, ours, floor);
}

async function drainSync({ apiUrl, operations }: DrainOptions): Promise<number> {
  const { sync, start } = makeDevice({ transport: rest({ baseUrl: apiUrl }) });
  await start();
  const records = Array.from({ length: operations }, (_, n) => withoutId(n));
  const handles = sync.models.todo.createMany(records);
  await Promise.all(handles.map(({ saved }) => saved));
  // The checkpoint of what was just queued is no part of the drain.
  await sync.persistor.flush();
  const settled = Promise.all(handles.map((handle) => handle.settled));
  const ms = await timed(async () => {
    window.dispatchEvent(new Event('online'));
    await settled;
  });
  const committed = (await settled).filter(({ outcome }) => outcome === 'committed');
  expectSame('committed', committed.length, operations);
  await sync.stop();
  return ms;
}

async function drainRaw({ apiUrl, operations }: DrainOptions): Promise<void> {
  let next = 0;
  const send = async () => {
    for (let n = next++; n < operations; n = next++) {
      const response = await fetch(`${apiUrl}/todos`, {
        method: 'POST',
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'idempotency-key': `"${crypto.randomUUID()}"`,
        },
        body: JSON.stringify({ id: idOf(n), ...withoutId(n) }),
      });
      expectSame('status', response.status, 201);
      await response.json();
    }
  };
  await Promise.all(Array.from({ length: parallel }, send));
}
