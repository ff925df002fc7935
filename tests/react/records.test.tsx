// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { memo } from 'react';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/world.ts';
import { counted, hooks, openServer, renderCounted, startDevice, within } from './support.tsx';

afterEach(cleanup);

const { useRecord, useRecordIds, useRecords, useRecordTotal, useRecordStatus, useWrites } = hooks;
const many = Array.from({ length: 1_000 }, (_, i) => ({
  id: `todo-${String(i).padStart(4, '0')}`,
  title: `Todo ${i}`,
  done: false,
}));

describe('P32: a component renders again only when what it reads has changed', () => {
  test('with 1,000 records, an edit of one renders its row alone, and a list of keys not at all', async () => {
    await using device = await startDevice();
    await Promise.all(device.sync.models.todo.createMany(many).map(({ saved }) => saved));
    const renders = new Map<string, number>();
    const count = (what: string) => renders.set(what, (renders.get(what) ?? 0) + 1);
    const Row = memo(({ id }: { readonly id: string }) => {
      count(id);
      return <li>{useRecord('todo', id)?.title}</li>;
    });
    const List = () => {
      count('list');
      return useRecordIds('todo').map((id) => <Row key={id} id={id} />);
    };
    renderCounted(device, <List />);
    expect(screen.getAllByRole('listitem')).toHaveLength(1_000);

    renders.clear();
    const edited = await act(async () => {
      const write = device.sync.models.todo.update('todo-0500', { title: 'Edited' });
      await write.saved;
      return write.id;
    });
    expect(screen.getByText('Edited')).toBeDefined();
    expect([...renders]).toEqual([[edited, 1]]);

    await act(async () => device.sync.models.todo.remove('todo-0500').saved);
    expect(renders.get('list')).toBe(1);
    expect(screen.getAllByRole('listitem')).toHaveLength(999);
  });

  test('what is told of other records and of the network is not rendered', async () => {
    await using server = await openServer();
    await using device = await startDevice(server.apiUrl);
    const { todo } = device.sync.models;
    await todo.create({ id: 'mine', title: 'Mine', done: false }).settled;
    const words: string[] = [];
    let records = 0;
    const Status = () => {
      words.push(useRecordStatus('todo', 'mine').status);
      return null;
    };
    const Shown = () => {
      records++;
      return <p>{useRecord('todo', 'mine')?.title}</p>;
    };
    renderCounted(
      device,
      <>
        <Status />
        <Shown />
      </>,
    );
    await act(async () => {
      await todo.create({ id: 'other', title: 'Other', done: false }).settled;
      await device.sync.syncAll();
    });
    expect([words, records]).toEqual([['synced'], 1]);

    await act(async () => void (await todo.update('mine', { done: true }).settled));
    // One rendering for each word of its life; the record once for the change, and maybe once for the
    // server's copy of it.
    expect(words).toEqual(words.filter((word, i) => word !== words[i - 1]));
    expect(words).toEqual(expect.arrayContaining(['saving', 'pending', 'synced']));
    expect(records).toBeLessThanOrEqual(3);
  });

  test('a query written in the component is rendered for what it finds alone', async () => {
    await using device = await startDevice();
    const { todo } = device.sync.models;
    await Promise.all(todo.createMany(many.slice(0, 100)).map(({ saved }) => saved));
    const seen: string[] = [];
    const Open = ({ word }: { readonly word: string }) => {
      const where = { done: false, title: { contains: word } };
      const found = useRecords('todo', { where, orderBy: [['title', 'desc']], limit: 2 });
      const ids = useRecordIds('todo', { where, orderBy: [['title', 'desc']], limit: 2 });
      const total = useRecordTotal('todo', { where });
      expect(found.map(({ id }) => id)).toEqual(ids);
      seen.push(`${found.map(({ title }) => title).join(', ')} of ${total}`);
      return null;
    };
    const { store, sync } = device;
    const { rerender } = renderCounted(device, <Open word="o 9" />);
    expect(seen).toEqual(['Todo 99, Todo 98 of 11']);
    await act(async () => void (await todo.update('todo-0001', { title: 'Elsewhere' }).saved));
    await act(async () => void (await todo.update('todo-0099', { note: 'Inside' }).saved));
    await act(async () => void (await todo.update('todo-0099', { done: true }).saved));
    const edited = ['Todo 99, Todo 98 of 11', 'Todo 98, Todo 97 of 10'];
    expect(seen.slice(1)).toEqual(edited);
    rerender(counted({ store, sync }, <Open word="o 1" />));
    expect(seen.at(-1)).toBe('Todo 19, Todo 18 of 10');
  });

  test('a parent that renders for reasons of its own gets the same objects again', async () => {
    await using device = await startDevice();
    await device.sync.models.todo.create({ id: 'a', title: 'Milk', done: false }).saved;
    const seen = new Set<unknown>();
    const Reader = ({ n }: { readonly n: number }) => {
      const given = [
        ...[useRecord('todo', 'a'), useRecords('todo'), useRecordIds('todo'), useWrites('todo')],
        ...[useRecordStatus('todo', 'a'), hooks.useRecordOutbox('todo', 'a')],
        ...[hooks.useOutbox(), hooks.useOutbox().items, hooks.useSyncStatus()],
        ...[hooks.useDeadLetters(), hooks.useConflicts(), hooks.useConflictLog()],
        ...[hooks.useInitialSyncProgress(), hooks.useExplanation('todo', 'a')],
        useRecords('todo', { where: { done: false }, limit: 1 }),
        useRecordIds('todo', { where: { done: false }, limit: 1 }),
      ];
      for (const each of given) seen.add(each);
      return n;
    };
    const { rerender } = render(within(device, <Reader n={1} />));
    const first = seen.size;
    rerender(within(device, <Reader n={2} />));
    rerender(within(device, <Reader n={3} />));
    expect(seen.size).toBe(first);
  });
});

describe('P32: records are read and written in components', () => {
  test('what a component writes is shown at once, and undefined is what is not there', async () => {
    await using device = await startDevice();
    const Adder = () => {
      const { create, update, remove } = useWrites('todo');
      const [first] = useRecords('todo');
      const title = useRecord('todo', first?.id)?.title ?? 'nothing';
      return (
        <>
          <p role="status">{title}</p>
          <button type="button" onClick={() => create({ title: 'Milk', done: false })}>
            Add
          </button>
          <button type="button" onClick={() => first && update(first.id, { title: 'Tea' })}>
            Rename
          </button>
          <button type="button" onClick={() => first && remove(first.id)}>
            Delete
          </button>
        </>
      );
    };
    render(within(device, <Adder />));
    const press = (name: string) => act(() => screen.getByRole('button', { name }).click());
    const shown = () => screen.getByRole('status').textContent;
    expect(shown()).toBe('nothing');
    press('Add');
    expect(shown()).toBe('Milk');
    press('Rename');
    expect(shown()).toBe('Tea');
    press('Delete');
    expect(shown()).toBe('nothing');
  });

  test('a record is found by the server’s id too, and another id is another record', async () => {
    await using server = await openServer();
    await using device = await startDevice(server.apiUrl);
    const first = device.sync.models.note.create({ text: 'First' });
    await first.settled;
    await device.sync.models.note.create({ id: 'second', text: 'Second' }).settled;
    const rows = server.database.records.all('notes');
    const alias = rows.find(({ record }) => record?.text === 'First')?.id ?? '';
    const Note = ({ id }: { readonly id: string | null }) => (
      <p role="status">{useRecord('note', id)?.text ?? 'none'}</p>
    );
    const { rerender } = render(within(device, <Note id={alias} />));
    expect(alias).not.toBe(first.id);
    expect(screen.getByRole('status').textContent).toBe('First');
    rerender(within(device, <Note id="second" />));
    expect(screen.getByRole('status').textContent).toBe('Second');
    rerender(within(device, <Note id={null} />));
    expect(screen.getByRole('status').textContent).toBe('none');
  });

  test('a record’s status goes through its life as the engine works', async () => {
    await using server = await openServer();
    await using device = await startDevice(server.apiUrl);
    const Status = () => <p role="status">{useRecordStatus('todo', 'a').status}</p>;
    const Why = () => <p role="note">{hooks.useExplanation('todo', 'a').sentence}</p>;
    render(
      within(
        device,
        <>
          <Status />
          <Why />
        </>,
      ),
    );
    await until(
      'the first pull',
      () => device.sync.selectSyncStatus(device.store.getState()).phase === 'synced',
    );
    server.trouble.set({ failWith: { status: 500, count: -1 } });
    act(() => void device.sync.models.todo.create({ id: 'a', title: 'Milk', done: false }));
    expect(screen.getByRole('status').textContent).toBe('saving');
    await screen.findByText('backoff');
    await screen.findByText(/next attempt is due/);
    server.trouble.set({ failWith: null });
    await screen.findByText('synced');
    expect(screen.getByRole('note').textContent).toBe('The server has everything.');
  });
});
