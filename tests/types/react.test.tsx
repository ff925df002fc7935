import { expectTypeOf, test } from 'vitest';
import { createSync, defineModel, type OperationHandle } from '../../src/index.ts';
import { createSyncHooks } from '../../src/react.ts';
import { rest } from '../../src/rest.ts';
import { memory } from '../../src/storage.ts';

interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
}
interface Note {
  readonly id: string;
  readonly text: string;
}

const sync = createSync({
  name: 'hook-types',
  models: {
    todo: defineModel<Todo>({ endpoint: 'todos' }),
    note: defineModel<Note>({ endpoint: 'notes' }),
  },
  transport: rest({ baseUrl: 'https://api.example.com' }),
  storage: memory(),
  reducerPath: 'offline',
});
const hooks = createSyncHooks<typeof sync>();
const other = createSync({
  name: 'other-types',
  models: { list: defineModel<Note>({ endpoint: 'lists' }) },
  transport: rest({ baseUrl: 'https://api.example.com' }),
  storage: memory(),
});

test('P35: types flow from the model to the hooks, without a cast', () => {
  // Never called: only what they would give is looked at.
  const record = () => hooks.useRecord('todo', 'a');
  const nobody = () => hooks.useRecord('note', undefined);
  const records = () => hooks.useRecords('note');
  const found = () => hooks.useRecords('todo', { where: { done: false }, orderBy: ['title'] });
  const write = () => hooks.useWrites('todo').create({ title: 'x', done: true });
  const phase = () => hooks.useSyncStatus((status) => status.phase === 'synced');
  const itself = () => hooks.useSync();
  expectTypeOf(record).returns.toEqualTypeOf<Todo | undefined>();
  expectTypeOf(nobody).returns.toEqualTypeOf<Note | undefined>();
  expectTypeOf(records).returns.toEqualTypeOf<readonly Note[]>();
  expectTypeOf(found).returns.toEqualTypeOf<readonly Todo[]>();
  expectTypeOf(write).returns.toEqualTypeOf<OperationHandle<Todo>>();
  expectTypeOf(phase).returns.toEqualTypeOf<boolean>();
  expectTypeOf(itself).returns.toEqualTypeOf<typeof sync>();

  // @ts-expect-error a model that is not there
  const wrongModel = () => hooks.useRecord('nope', 'a');
  // @ts-expect-error a field that the model does not have
  const wrongField = () => hooks.useWrites('note').update('a', { title: 'x' });
  // @ts-expect-error a field of another type
  const wrongType = () => hooks.useWrites('todo').create({ title: 'x', done: 'yes' });
  // @ts-expect-error a field that the model's records do not have
  const wrongQuery = () => hooks.useRecordIds('note', { where: { done: true } });
  // @ts-expect-error another app's sync
  const wrongSync = () => <hooks.SyncProvider sync={other} />;
  expectTypeOf([wrongModel, wrongField, wrongType, wrongQuery, wrongSync]).toBeArray();
});
