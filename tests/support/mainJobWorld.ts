import { serverWorld } from './server.ts';
import type { Device } from './world.ts';

/** A server of a test file's own, and what its tests of the main job ask of devices and of it. */
export function mainJobWorld() {
  const world = serverWorld();

  const word = ({ sync, store }: Device, id: string) =>
    sync.models.todo.selectRecordStatus(store.getState(), id).status;
  const record = ({ sync, store }: Device, id: string) =>
    sync.models.todo.selectById(store.getState(), id);
  const row = (id: string) => world.database.records.find('todos', id);
  const body = (id: string) => {
    const found = row(id);
    return found?.record ?? null;
  };
  return { world, word, record, row, body };
}
