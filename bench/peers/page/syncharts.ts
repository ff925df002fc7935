import { type RestOptions, rest } from 'syncharts/rest';
import { makeDevice } from '../../page/device.ts';
import { expectSame, timed } from '../../page/samples.ts';
import type { Todo } from '../../page/todos.ts';

/** Ours; a queued create is gone from the disk when its handle has settled. */
async function drainWith(options: RestOptions, todos: readonly Todo[]): Promise<number> {
  const { sync, start } = makeDevice({ transport: rest(options) });
  await start();
  // It has been online before, as whoever is offline now has: the first list is no part of the drain.
  await sync.models.todo.pull();
  const handles = sync.models.todo.createMany(todos);
  await Promise.all(handles.map(({ saved }) => saved));
  // The checkpoint of what was just queued is no part of it either.
  await sync.persistor.flush();
  const settled = Promise.all(handles.map((handle) => handle.settled));
  const ms = await timed(async () => {
    window.dispatchEvent(new Event('online'));
    await settled;
  });
  const committed = (await settled).filter(({ outcome }) => outcome === 'committed');
  expectSame('committed', committed.length, todos.length);
  await sync.stop();
  return ms;
}

export function drainSyncharts(apiUrl: string, todos: readonly Todo[]): Promise<number> {
  return drainWith({ baseUrl: apiUrl }, todos);
}

export function drainSynchartsInBatches(apiUrl: string, todos: readonly Todo[]): Promise<number> {
  return drainWith({ baseUrl: apiUrl, batch: {} }, todos);
}
