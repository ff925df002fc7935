import { changingFeed } from './changingFeed.ts';
import { type Device, freshName, makeDevice } from './device.ts';
import { feed } from './feed.ts';
import { Notes } from './notes.ts';
import { expectSame, heapSize, settle, timed } from './samples.ts';
import { spread } from './todos.ts';

/** ms of each operation, round by round. */
export type Growth = Readonly<Record<string, readonly number[]>>;

/** Edits of one round. */
const edits = { dispatched: 200, durable: 50, checkpointed: 900 } as const;
/** Calls of a selector in one round. */
const calls = 1_000;
/** ms until nothing holds a device that was stopped: what it had under way has run out. */
const letGo = 3_000;

/**
 * What each operation costs in a table of `count` records, in IndexedDB on disk: run at several
 * sizes it shows what grows.
 */
export async function growth(count: number, rounds: number): Promise<Growth> {
  const name = freshName();
  const notes = new Notes();
  await opened(notes, name, count, rounds);
  await new Promise((resolve) => setTimeout(resolve, letGo));
  for (let round = 0; round < rounds; round++) await reopened(notes, name, count);
  return notes.times;
}

/** A function of its own: a page that starts anew does not hold the table of the one before it. */
async function opened(notes: Notes, name: string, count: number, rounds: number): Promise<void> {
  const device = makeDevice({ name, transport: changingFeed(count, Math.min(count, 1_000)) });
  await device.start();
  await notes.watch('pull of all', () => device.sync.models.todo.pull());
  await notes.watch('first checkpoint', () => device.sync.persistor.flush());
  expectSame('records pulled', device.total(), count);
  const edit = editor(device, count);
  for (let round = 0; round < rounds; round++) {
    await settle();
    notes.time('dispatch of one edit', await edit.dispatched());
    await device.sync.persistor.flush();
    await settle();
    notes.time('durable edit', await edit.durable());
    await device.sync.persistor.flush();
    await notes.watch('pull of 1,000 changes', () => device.sync.models.todo.pull());
    await notes.watch('checkpoint after it', () => device.sync.persistor.flush());
    await edit.many(edits.checkpointed);
    await notes.watch('checkpoint after 900 edits', () => device.sync.persistor.flush());
    await settle();
    for (const [selector, ms] of Object.entries(edit.selectors())) notes.time(selector, ms);
    await device.sync.persistor.flush();
  }
  await device.sync.stop();
}

async function reopened(notes: Notes, name: string, count: number): Promise<void> {
  await settle();
  const heap = heapSize();
  const device = makeDevice({ name, transport: feed([]) });
  await notes.watch('reopen', async () => {
    device.sync.start();
    await device.sync.ready;
  });
  expectSame('records after the reopening', device.total(), count);
  await settle();
  // As they come from the disk, each with texts of its own. Once: later, what was before is let go.
  if (!notes.times['bytes a record']) notes.time('bytes a record', (heapSize() - heap) / count);
  await device.start();
  // What goes on behind the gate: the lead is taken, orphans are looked for.
  await notes.watch('after the reopening', () => device.sync.persistor.flush());
  await device.sync.stop();
}

function editor({ sync, store }: Device, count: number) {
  const { todo } = sync.models;
  let edit = 0;
  const next = () => {
    const changes = { counter: ++edit };
    return { id: spread(edit, count), changes };
  };
  const update = () => {
    const { id, changes } = next();
    return todo.update(id, changes);
  };
  return {
    /** One dispatch, in ms. */
    dispatched: async () => {
      const saved: Promise<void>[] = [];
      const begin = performance.now();
      for (let i = 0; i < edits.dispatched; i++) {
        saved.push(store.dispatch(sync.actions.todo.update(next())).saved);
      }
      const ms = (performance.now() - begin) / edits.dispatched;
      await Promise.all(saved);
      return ms;
    },
    /** One edit until it is saved, in ms. */
    durable: async () => {
      const ms = await timed(async () => {
        for (let i = 0; i < edits.durable; i++) await update().saved;
      });
      return ms / edits.durable;
    },
    many: (length: number) => Promise.all(Array.from({ length }, () => update().saved)),
    /** One call of each selector, in ms; those that walk are called once after an edit. */
    selectors: () => {
      const afterEdit = (select: (state: object) => unknown) => {
        update();
        const state = store.getState();
        const begin = performance.now();
        select(state);
        return performance.now() - begin;
      };
      const oft = (select: (state: object, n: number) => unknown) => {
        const state = store.getState();
        const begin = performance.now();
        for (let n = 0; n < calls; n++) select(state, n);
        return (performance.now() - begin) / calls;
      };
      // Whatever is kept from before is filled, so that what an edit costs is seen.
      todo.selectAll(store.getState());
      todo.selectIds(store.getState());
      return {
        selectById: oft((state, n) => todo.selectById(state, spread(n, count))),
        selectRecordStatus: oft((state, n) => todo.selectRecordStatus(state, spread(n, count))),
        selectTotal: oft((state) => todo.selectTotal(state)),
        'selectSyncStatus after an edit': afterEdit((state) => sync.selectSyncStatus(state)),
        'selectAll after an edit': afterEdit((state) => todo.selectAll(state)),
        'selectIds after an edit': afterEdit((state) => todo.selectIds(state)),
      };
    },
  };
}
