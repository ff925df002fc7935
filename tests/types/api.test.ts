import { configureStore } from '@reduxjs/toolkit';
import { expectTypeOf, test } from 'vitest';
import { createSync, defineModel, type OperationHandle } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { memory } from '../../src/storage.ts';

interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
}

const sync = createSync({
  name: 'types',
  models: { todo: defineModel<Todo>({ endpoint: 'todos' }) },
  transport: rest({ baseUrl: 'https://api.example.com' }),
  storage: memory(),
});
const store = configureStore({
  reducer: { [sync.reducerPath]: sync.reducer, other: () => 1 },
  middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
});

test('S21 P35: types flow from the model to writes, reads and dispatch, without a cast', () => {
  const { todo } = sync.models;
  expectTypeOf(todo.create).returns.toEqualTypeOf<OperationHandle<Todo>>();
  expectTypeOf(todo.selectById(store.getState(), 'a')).toEqualTypeOf<Todo | undefined>();
  expectTypeOf(todo.selectAll(store.getState())).toEqualTypeOf<readonly Todo[]>();
  const dispatched = () =>
    store.dispatch(sync.actions.todo.update({ id: 'a', changes: { done: true } }));
  expectTypeOf(dispatched).returns.toEqualTypeOf<OperationHandle<Todo>>();
  expectTypeOf<Parameters<typeof todo.update>[1]>().toEqualTypeOf<Partial<Omit<Todo, 'id'>>>();
  // @ts-expect-error a field that the model does not have
  const wrongField = () => todo.create({ title: 'x', done: true, nope: 1 });
  // @ts-expect-error a field of another type
  const wrongType = () => todo.update('a', { done: 'yes' });
  // @ts-expect-error a model that is not there
  const wrongModel = () => sync.models.nope;
  expectTypeOf([wrongField, wrongType, wrongModel]).toBeArray();
});
