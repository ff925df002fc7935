import { rest } from 'syncharts/rest';
import { type Device, freshName, makeDevice } from './device.ts';
import { feed } from './feed.ts';
import type { Growth } from './growth.ts';
import { Notes } from './notes.ts';
import { expectSame, heapSize, settle } from './samples.ts';
import { withoutId } from './todos.ts';

/** Writes of one go while it is filled. */
const filled = 1_000;
/** Parts of the drain; between two of them garbage is collected and the heap is measured. */
const parts = 4;

/** A long time offline, written to the disk; nothing of it stays in memory. */
async function fill(name: string, operations: number): Promise<void> {
  const { sync, start } = makeDevice({ name, transport: feed([]) });
  await start();
  // It has been online before: the first list is no part of the drain.
  await sync.models.todo.pull();
  for (let made = 0; made < operations; made += filled) {
    const records = Array.from({ length: Math.min(filled, operations - made) }, (_, n) =>
      withoutId(made + n),
    );
    await Promise.all(sync.models.todo.createMany(records).map(({ saved }) => saved));
  }
  await sync.persistor.flush();
  await sync.stop();
}

/**
 * `operations` creates that wait are read from the disk and sent to the reference server in batches;
 * the heap before, at each quarter and at the end, each time after a collection.
 */
export async function deepDrain(apiUrl: string, operations: number): Promise<Growth> {
  const name = freshName();
  const notes = new Notes();
  await settle();
  const before = heapSize();
  await fill(name, operations);
  const heldAt = async (when: string) => {
    await settle();
    notes.time(`bytes held ${when}`, heapSize() - before);
  };
  const device = makeDevice({ name, transport: rest({ baseUrl: apiUrl, batch: {} }) });
  await notes.watch('reopen', async () => {
    device.sync.start();
    await device.sync.ready;
  });
  expectSame('operations after the reopening', waitingIn(device), operations);
  await notes.watch('take the lead', () => device.start());
  await heldAt('before the drain');
  for (let part = 1; part <= parts; part++) {
    const left = operations - Math.floor((operations * part) / parts);
    const share = `${(100 / parts) * part} %`;
    await notes.watch(`drain to ${share}`, async () => {
      if (part === 1) window.dispatchEvent(new Event('online'));
      await fewerThan(device, left);
    });
    await heldAt(`at ${share}`);
  }
  await notes.watch('checkpoint after it', () => device.sync.persistor.flush());
  await heldAt('after the checkpoint');
  expectSame('records shown', device.total(), operations);
  await device.sync.stop();
  return notes.times;
}

function waitingIn({ sync, store }: Device): number {
  const { pending, syncing } = sync.selectSyncStatus(store.getState());
  return pending + syncing;
}

/** Resolves, in a task of its own, when no more than `left` wait. */
function fewerThan(device: Device, left: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (waitingIn(device) > left) return;
      stop();
      setTimeout(resolve, 0);
    };
    const stop = device.store.subscribe(look);
    look();
  });
}
