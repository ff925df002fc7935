// @vitest-environment jsdom
import { act, cleanup } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { hooks, openServer, renderCounted, startDevice } from './support.tsx';

afterEach(cleanup);

/** Every hook that reads, as a component would call it. */
const reads: Readonly<Record<string, () => unknown>> = {
  useRecord: () => hooks.useRecord('todo', 'mine'),
  useRecords: () => hooks.useRecords('todo'),
  'useRecords with a query': () => hooks.useRecords('todo', { where: { done: true } }),
  useRecordIds: () => hooks.useRecordIds('todo'),
  'useRecordIds with a query': () => hooks.useRecordIds('todo', { orderBy: ['title'] }),
  useRecordTotal: () => hooks.useRecordTotal('todo'),
  useWrites: () => Object.keys(hooks.useWrites('todo')),
  useRecordStatus: () => hooks.useRecordStatus('todo', 'mine'),
  useExplanation: () => hooks.useExplanation('todo', 'mine'),
  useRecordOutbox: () => hooks.useRecordOutbox('todo', 'mine'),
  useSyncStatus: () => hooks.useSyncStatus(),
  'useSyncStatus with a selector': () => hooks.useSyncStatus(({ phase }) => phase),
  useOutbox: () => hooks.useOutbox({ limit: 2 }),
  useDeadLetters: () => hooks.useDeadLetters(),
  useConflicts: () => hooks.useConflicts(),
  useConflictLog: () => hooks.useConflictLog(),
  useConnection: () => hooks.useConnection(),
  useInitialSyncProgress: () => hooks.useInitialSyncProgress(),
};

test('P32: through edits, failures, refusals, conflicts and pulls, no hook renders to say what it said before', async () => {
  await using server = await openServer();
  await using other = await startDevice(server.apiUrl);
  await using device = await startDevice(server.apiUrl);
  const said = new Map<string, string[]>();
  const Probe = ({ name }: { readonly name: string }) => {
    const read = reads[name] ?? (() => null);
    said.get(name)?.push(JSON.stringify(read()) ?? 'undefined');
    return null;
  };
  for (const name of Object.keys(reads)) said.set(name, []);
  renderCounted(
    device,
    Object.keys(reads).map((name) => <Probe key={name} name={name} />),
  );

  const { todo } = device.sync.models;
  await act(async () => {
    await todo.create({ id: 'mine', title: 'Mine', done: false }).settled;
    const made = ['a', 'b', 'c'].map((id) => ({ id, title: id, done: false }));
    await Promise.all(todo.createMany(made).map(({ settled }) => settled));
    server.trouble.set({ failWith: { status: 500, count: 3 } });
    await todo.update('a', { done: true }).settled;
    server.trouble.set({ refuse: { match: 'refused', status: 422, reason: 'No.' } });
    todo.update('b', { title: 'refused' });
    await other.sync.syncAll();
    await other.sync.models.todo.update('mine', { title: 'Theirs' }).settled;
    await other.sync.models.todo.remove('c').settled;
    todo.update('c', { done: true });
    await todo.update('mine', { title: 'Ours' }).settled;
    await device.sync.syncAll();
    server.trouble.set({ cut: true });
    await device.sync.syncAll();
  });

  for (const [name, words] of said) {
    const repeated = words.filter((word, i) => word === words[i - 1]);
    expect(repeated, name).toEqual([]);
  }
  // All of them have lived: what never changes is no proof.
  const silent = [...said].filter(([, words]) => words.length < 2).map(([name]) => name);
  expect(silent).toEqual(['useWrites']);
});
