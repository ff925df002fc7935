import { renderToString } from 'react-dom/server';
import { Provider } from 'react-redux';
import { expect, test } from 'vitest';
import { createSyncHooks, type RecordOf } from '../../src/react.ts';
import { rest } from '../../src/rest.ts';
import { type Device, makeDevice, type Todo } from '../support/world.ts';
import { hooks, within } from './support.tsx';

function newDevice() {
  return makeDevice({ transport: rest({ baseUrl: 'http://127.0.0.1:1' }) });
}

test('P33: a server renders every hook before anything has started, with a sync for each request', () => {
  const Page = () => {
    const todos = hooks.useRecords('todo');
    const keys = hooks.useRecordIds('note');
    const record = hooks.useRecord('todo', 'a');
    const { items, total } = hooks.useOutbox();
    const lists = [hooks.useDeadLetters(), hooks.useConflicts(), hooks.useConflictLog()];
    const counts = [todos.length, keys.length, items.length, total, ...lists.map((l) => l.length)];
    const { phase } = hooks.useSyncStatus();
    const word = hooks.useRecordStatus('todo', 'a').status;
    const progress = hooks.useInitialSyncProgress('todo').state;
    const told = [phase, word, progress, hooks.useConnection(), record?.title ?? 'none', ...counts];
    return <p>{told.join(' ')}</p>;
  };
  const told = 'stopped synced waiting starting none 0 0 0 0 0 0 0';
  expect(renderToString(within(newDevice(), <Page />))).toBe(`<p>${told}</p>`);
  expect(renderToString(within(newDevice(), <Page />))).toBe(`<p>${told}</p>`);
});

test('a hook without its provider, or of a model that is not there, says what is missing', () => {
  const { store, sync } = newDevice();
  const Lonely = () => hooks.useSyncStatus().phase;
  const alone = () => renderToString(<Provider store={store}>{<Lonely />}</Provider>);
  expect(alone).toThrow(expect.objectContaining({ code: 'noProvider' }));

  const Lost = () => {
    // @ts-expect-error a model that is not there
    return hooks.useRecords('nope').length;
  };
  const lost = () => renderToString(within({ store, sync }, <Lost />));
  expect(lost).toThrow(expect.objectContaining({ code: 'badConfig' }));
});

test('two apps on one page read each from their own sync, whichever is nearer', () => {
  const outer = newDevice();
  const inner = newDevice();
  outer.sync.models.todo.create({ id: 'a', title: 'Outer', done: false });
  inner.sync.models.todo.create({ id: 'a', title: 'Inner', done: false });
  const others = createSyncHooks<Device['sync']>();
  const title = (todo: RecordOf<Device['sync'], 'todo'> | undefined) => (todo as Todo).title;
  const Both = () => `${title(hooks.useRecord('todo', 'a'))}`;
  const Others = () => `${title(others.useRecord('todo', 'a'))}`;
  const page = within(
    outer,
    <>
      <Both />{' '}
      <Provider store={inner.store}>
        <others.SyncProvider sync={inner.sync}>
          <Others />
        </others.SyncProvider>
      </Provider>
    </>,
  );
  expect(renderToString(page).replaceAll('<!-- -->', '')).toBe('Outer Inner');
});
