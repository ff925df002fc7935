import { freshName, makeDevice } from './device.ts';
import { feed } from './feed.ts';
import { openRaw } from './rawDatabase.ts';
import { expectSame, paired, type Samples, timed } from './samples.ts';
import { makeTodos, spread, withoutId } from './todos.ts';

const count = 1_000;

/** Durable edits one after another, per edit, beside a raw strict put in a transaction each. */
export async function durableEdit(
  edits: number,
  rounds: number,
  durability: 'double' | 'single',
): Promise<Samples> {
  const name = freshName();
  const records = makeTodos(count);
  const { sync, store, start } = makeDevice({ name, durability, transport: feed(records) });
  await start();
  await sync.models.todo.pull();
  await sync.persistor.flush();
  const raw = await openRaw(name);
  await raw.put(records);
  let edit = 0;

  const ours = async () => {
    const ms = await timed(async () => {
      for (let i = 0; i < edits; i++) {
        const id = spread(++edit, count);
        await sync.models.todo.update(id, { counter: edit }).saved;
      }
    });
    const shown = sync.models.todo.selectById(store.getState(), spread(edit, count));
    expectSame('the last edit', shown?.counter, edit);
    return ms / edits;
  };
  const floor = async () => {
    const ms = await timed(async () => {
      for (let i = 0; i < edits; i++) {
        const id = spread(++edit, count);
        await raw.put([{ id, ...withoutId(edit) }]);
      }
    });
    return ms / edits;
  };
  const samples = await paired(rounds, ours, floor);
  await sync.stop();
  raw.close();
  return samples;
}
