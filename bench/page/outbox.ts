import { freshName, makeDevice } from './device.ts';
import { feed } from './feed.ts';
import type { Growth } from './growth.ts';
import { Notes } from './notes.ts';
import { expectSame, settle, timed } from './samples.ts';
import { withoutId } from './todos.ts';

/** Writes of one round. */
const writes = { dispatched: 200, durable: 50 } as const;
/** Writes of one go while it is filled. */
const filled = 1_000;

/**
 * What a write costs behind `depth` others that wait, each of another record, in IndexedDB on disk;
 * and what a start costs that finds them.
 */
export async function outbox(depth: number, rounds: number): Promise<Growth> {
  const name = freshName();
  const notes = new Notes();
  const { sync, start, total } = makeDevice({ name, transport: feed([]) });
  await start();
  const { todo } = sync.models;
  let made = 0;
  const create = (count: number) =>
    todo.createMany(Array.from({ length: count }, () => withoutId(made++)));
  for (let left = depth; left > 0; left -= filled) {
    await Promise.all(create(Math.min(left, filled)).map(({ saved }) => saved));
  }
  await sync.persistor.flush();
  for (let round = 0; round < rounds; round++) {
    await settle();
    const saved: Promise<void>[] = [];
    const ms = await timed(() => {
      for (let i = 0; i < writes.dispatched; i++) saved.push(todo.create(withoutId(made++)).saved);
    });
    notes.time('a write dispatched', ms / writes.dispatched);
    await Promise.all(saved);
    await settle();
    const durable = await timed(async () => {
      for (let i = 0; i < writes.durable; i++) await todo.create(withoutId(made++)).saved;
    });
    notes.time('a write until saved', durable / writes.durable);
  }
  const before = total();
  expectSame('writes that wait', before, made);
  await sync.stop();
  for (let round = 0; round < rounds; round++) {
    const device = makeDevice({ name, transport: feed([]) });
    await notes.watch('reopen with them', async () => {
      device.sync.start();
      await device.sync.ready;
    });
    expectSame('writes after the reopening', device.total(), before);
    await notes.watch('take the lead with them', () => device.start());
    await device.sync.stop();
  }
  return notes.times;
}
