import { freshName, makeDevice } from './device.ts';
import { feed } from './feed.ts';
import { openRaw } from './rawDatabase.ts';
import { expectSame, paired, type Samples, timed } from './samples.ts';
import { makeTodos, withoutId } from './todos.ts';

/** The floor of bulk work: a put for each record, all in one strict transaction. */
async function rawBulk(count: number): Promise<number> {
  const records = makeTodos(count);
  const raw = await openRaw(freshName());
  const ms = await timed(() => raw.put(records));
  expectSame('raw rows', await raw.count(), count);
  raw.close();
  return ms;
}

/** Pulled records made durable: from the first request to the end of the checkpoint. */
export function pullMany(count: number, rounds: number): Promise<Samples> {
  const records = makeTodos(count);
  const ours = async () => {
    const { sync, start, total } = makeDevice({ transport: feed(records) });
    await start();
    const ms = await timed(async () => {
      await sync.models.todo.pull();
      await sync.persistor.flush();
    });
    expectSame('records pulled', total(), count);
    await sync.stop();
    return ms;
  };
  return paired(rounds, ours, () => rawBulk(count));
}

/** Writes of a person in one go, until each is saved. */
export function createMany(count: number, rounds: number): Promise<Samples> {
  const records = Array.from({ length: count }, (_, n) => withoutId(n));
  const ours = async () => {
    const { sync, start, total } = makeDevice({ transport: feed([]) });
    await start();
    const ms = await timed(() =>
      Promise.all(sync.models.todo.createMany(records).map(({ saved }) => saved)),
    );
    expectSame('records created', total(), count);
    await sync.stop();
    return ms;
  };
  return paired(rounds, ours, () => rawBulk(count));
}
