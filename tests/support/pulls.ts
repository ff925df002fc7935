import { defineModel, type ModelOptions } from '../../src/index.ts';
import { getIn } from '../../store/pages.ts';
import { stateOf, type TinyServer } from './tinyServer.ts';
import { type Device, type Todo, testModels } from './world.ts';

/** The test models, with a todo that is pulled in another way. */
export const withTodo = (options: Partial<ModelOptions<Todo>>) => ({
  models: { ...testModels, todo: defineModel<Todo>({ endpoint: 'todos', ...options }) },
});

/** Waits between attempts that no test lives to see: what fails stays so until it is asked for. */
export const patient = { backoff: { base: 60_000, cap: 60_000 } };

export function seed(server: TinyServer, count: number, from = 0): string[] {
  const ids = Array.from({ length: count }, (_, i) => `r${String(from + i).padStart(6, '0')}`);
  for (const id of ids) server.put('todo', id, { title: id, done: false });
  return ids;
}

export const idsOf = ({ sync, store }: Device) => sync.models.todo.selectIds(store.getState());

export const progressOf = (device: Device) => stateOf(device).sequenced.models.todo;

export function entryOf(device: Device, id: string) {
  const records = progressOf(device)?.records;
  return records && getIn(records, id);
}
