import { freshName, makeDevice } from './device.ts';
import { feed } from './feed.ts';
import { longestTask } from './longestTask.ts';
import { openRaw } from './rawDatabase.ts';
import { expectSame, paired, type Samples, timed } from './samples.ts';
import { makeTodos } from './todos.ts';

export interface Reopened extends Samples {
  /** Round by round, in rounds of their own: watching costs time. */
  readonly longestTasks: readonly number[];
}

async function fill(name: string, count: number): Promise<void> {
  const records = makeTodos(count);
  const { sync, start } = makeDevice({ name, transport: feed(records) });
  await start();
  await sync.models.todo.pull();
  await sync.persistor.flush();
  await sync.stop();
  const raw = await openRaw(name);
  await raw.put(records);
  raw.close();
}

/** From `start()` to all records in hand, beside opening the raw database and `getAll`. */
export async function reopen(count: number, rounds: number): Promise<Reopened> {
  const name = freshName();
  await fill(name, count);
  const longestTasks: number[] = [];

  const ours = async () => {
    const { sync, store } = makeDevice({ name, transport: feed([]) });
    const ms = await timed(async () => {
      sync.start();
      await sync.ready;
      expectSame('records', sync.models.todo.selectAll(store.getState()).length, count);
    });
    await sync.stop();
    return ms;
  };
  const floor = async () => {
    let rows = 0;
    const ms = await timed(async () => {
      const raw = await openRaw(name);
      rows = (await raw.getAll()).length;
      raw.close();
    });
    expectSame('raw rows', rows, count);
    return ms;
  };
  const samples = await paired(rounds, ours, floor);
  for (let round = 0; round < rounds; round++) {
    const { sync } = makeDevice({ name, transport: feed([]) });
    const watched = longestTask(() => {
      sync.start();
      return sync.ready;
    });
    longestTasks.push(await watched);
    await sync.stop();
  }
  return { ...samples, longestTasks };
}
