import { createOffline } from '@redux-offline/redux-offline';
import defaults from '@redux-offline/redux-offline/lib/defaults';
import {
  applyMiddleware,
  combineReducers,
  legacy_createStore,
  type UnknownAction,
} from '@reduxjs/toolkit';
import { freshName } from '../../page/device.ts';
import { expectSame, timed } from '../../page/samples.ts';
import type { Todo } from '../../page/todos.ts';
import { postTodo } from './fetchAlone.ts';

interface Todos {
  readonly byId: Readonly<Record<string, Todo>>;
  readonly created: number;
}

const none: Todos = { byId: {}, created: 0 };

function todosReducer(state: Todos = none, action: UnknownAction): Todos {
  const todo = action.payload as Todo;
  if (action.type === 'todos/create') {
    return { ...state, byId: { ...state.byId, [todo.id]: todo } };
  }
  if (action.type !== 'todos/created') return state;
  return { byId: { ...state.byId, [todo.id]: todo }, created: state.created + 1 };
}

/** An action for each record; the queue is a part of the store, persisted as by default. */
export async function drainReduxOffline(apiUrl: string, todos: readonly Todo[]): Promise<number> {
  const keyPrefix = `${freshName()}:`;
  let tell: (online: boolean) => void = () => {};
  let rehydrated = () => {};
  const ready = new Promise<void>((resolve) => {
    rehydrated = resolve;
  });
  const { enhanceReducer, enhanceStore, middleware } = createOffline({
    ...defaults,
    persistOptions: { keyPrefix },
    persistCallback: rehydrated,
    detectNetwork: (callback) => {
      tell = callback;
    },
    effect: ({ todo, key }: { todo: Todo; key: string }) => postTodo(apiUrl, todo, key),
  });
  const reducer = enhanceReducer(combineReducers({ todos: todosReducer }));
  const createStore = enhanceStore(legacy_createStore);
  const store = createStore(reducer, { todos: none }, applyMiddleware(middleware));
  const state = (): { readonly todos: Todos; readonly offline: { readonly outbox: unknown[] } } =>
    store.getState();
  await ready;
  for (const todo of todos) {
    const effect = { todo, key: crypto.randomUUID() };
    const commit = { type: 'todos/created' };
    store.dispatch({ type: 'todos/create', payload: todo, meta: { offline: { effect, commit } } });
  }
  const all = new Promise<void>((resolve) => {
    store.subscribe(() => {
      if (state().todos.created === todos.length) resolve();
    });
  });
  const ms = await timed(async () => {
    tell(true);
    await all;
  });
  expectSame('actions left', state().offline.outbox.length, 0);
  expectSame('records', Object.keys(state().todos.byId).length, todos.length);
  return ms;
}
