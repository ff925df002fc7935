// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/world.ts';
import { hooks, openServer, renderCounted, startDevice, within } from './support.tsx';

afterEach(cleanup);

describe('P32 S24: what waits, and how things stand', () => {
  test('the status of the whole, or one thing of it, is rendered when it changes', async () => {
    await using device = await startDevice();
    const phases: string[] = [];
    const Phase = () => {
      phases.push(hooks.useSyncStatus((status) => status.phase));
      return null;
    };
    const Whole = () => {
      const { pending, reason } = hooks.useSyncStatus();
      return (
        <p role="status">
          {pending} {reason}
        </p>
      );
    };
    renderCounted(
      device,
      <>
        <Phase />
        <Whole />
      </>,
    );
    await screen.findByText('0 offline');
    phases.length = 0;
    await act(async () => {
      await device.sync.models.todo.create({ title: 'Milk', done: false }).saved;
      await device.sync.models.todo.create({ title: 'Tea', done: false }).saved;
    });
    expect(screen.getByRole('status').textContent).toBe('2 offline');
    expect(phases).toEqual(phases.filter((phase, i) => phase !== phases[i - 1]));
  });

  test('the outbox is listed in the order it was made, up to a limit, with the total', async () => {
    await using device = await startDevice();
    const { todo } = device.sync.models;
    for (const id of ['c', 'a', 'b']) todo.create({ id, title: id, done: false });
    await todo.update('a', { done: true }).saved;
    const Outbox = ({ limit }: { readonly limit: number }) => {
      const { items, total } = hooks.useOutbox({ limit });
      const names = items.map(({ operation }) => `${operation.kind} ${operation.recordId}`);
      return <p role="status">{`${names.join(', ')} of ${total}`}</p>;
    };
    const { rerender } = render(within(device, <Outbox limit={2} />));
    expect(screen.getByRole('status').textContent).toBe('create c, create a of 4');
    rerender(within(device, <Outbox limit={10} />));
    const all = 'create c, create a, create b, update a of 4';
    expect(screen.getByRole('status').textContent).toBe(all);
    await act(async () => void (await device.sync.outbox.cancel(waiting(device)[3] ?? '')));
    expect(screen.getByRole('status').textContent).toBe('create c, create a, create b of 3');
  });

  test('a row of the outbox keeps its object while another one changes', async () => {
    await using device = await startDevice();
    const { todo } = device.sync.models;
    await todo.create({ id: 'a', title: 'a', done: false }).saved;
    const seen = new Set<unknown>();
    const First = () => {
      seen.add(hooks.useOutbox().items[0]);
      return null;
    };
    renderCounted(device, <First />);
    await act(async () => {
      await todo.create({ id: 'b', title: 'b', done: false }).saved;
      await todo.update('b', { done: true }).saved;
    });
    expect(seen.size).toBe(1);
  });

  test('what waits of one record is told apart from the rest', async () => {
    await using device = await startDevice();
    const { todo } = device.sync.models;
    todo.create({ id: 'a', title: 'a', done: false });
    await todo.create({ id: 'b', title: 'b', done: false }).saved;
    const Waiting = ({ id }: { readonly id: string }) => (
      <p role="status">
        {hooks
          .useRecordOutbox('todo', id)
          .map(({ operation }) => operation.kind)
          .join(', ')}
      </p>
    );
    render(within(device, <Waiting id="b" />));
    act(() => void todo.update('b', { done: true }));
    act(() => void todo.update('a', { done: true }));
    expect(screen.getByRole('status').textContent).toBe('create, update');
  });

  test('a refused write is a dead letter until it is retried', async () => {
    await using server = await openServer();
    await using device = await startDevice(server.apiUrl);
    server.trouble.set({ refuse: { match: 'no', status: 422, reason: 'No titles with no.' } });
    const Letters = () => {
      const letters = hooks.useDeadLetters();
      const { outbox } = hooks.useSync();
      return letters.map(({ operationId, operations, failure }) => (
        <button type="button" key={operationId} onClick={() => outbox.retry(operationId)}>
          {`${failure.message} (${operations.length})`}
        </button>
      ));
    };
    render(within(device, <Letters />));
    device.sync.models.todo.create({ title: 'nothing', done: false });
    const letter = await screen.findByRole('button', { name: /\(1\)$/ });
    server.trouble.set({ refuse: null });
    await act(async () => letter.click());
    await until('none is left', () => screen.queryByRole('button') === null);
  });

  test('a conflict waits for a person, and what a merge overwrote is in the log', async () => {
    await using server = await openServer();
    await using one = await startDevice(server.apiUrl);
    await using other = await startDevice(server.apiUrl);
    await one.sync.models.todo.create({ id: 'a', title: 'Milk', done: false }).settled;
    await other.sync.syncAll();
    const Both = () => {
      const conflicts = hooks.useConflicts();
      const log = hooks.useConflictLog();
      const { resolve } = hooks.useSync().conflicts;
      return (
        <>
          {conflicts.map(({ recordId }) => (
            <button type="button" key={recordId} onClick={() => resolve(recordId, 'keepLocal')}>
              {recordId}
            </button>
          ))}
          {log.map(({ field, local, remote }) => (
            <p key={field}>{`${field}: ${local} over ${remote}`}</p>
          ))}
        </>
      );
    };
    render(within(other, <Both />));
    await one.sync.models.todo.update('a', { title: 'Oat milk' }).settled;
    await act(
      async () => void (await other.sync.models.todo.update('a', { title: 'Rice milk' }).settled),
    );
    expect(screen.getByText('title: Rice milk over Oat milk')).toBeDefined();

    await one.sync.syncAll();
    await one.sync.models.todo.remove('a').settled;
    const write = other.sync.models.todo.update('a', { done: true });
    const button = await screen.findByRole('button', { name: 'a' });
    await act(async () => {
      button.click();
      await write.settled;
    });
    await until('it is decided', () => screen.queryByRole('button') === null);
  });

  test('the connection’s word and the progress of the first pull', async () => {
    await using server = await openServer();
    await using first = await startDevice(server.apiUrl);
    const made = ['a', 'b', 'c'].map((id) => ({ id, title: id, done: false }));
    await Promise.all(first.sync.models.todo.createMany(made).map(({ settled }) => settled));
    await using device = await startDevice(server.apiUrl);
    const Progress = () => {
      const { state, received } = hooks.useInitialSyncProgress();
      return <p role="status">{`${hooks.useConnection()}, ${state}: ${received}`}</p>;
    };
    render(within(device, <Progress />));
    await screen.findByText('online, done: 3');
    await using offline = await startDevice();
    cleanup();
    render(within(offline, <Progress />));
    await screen.findByText('offline, waiting: 0');
  });
});

function waiting({ sync }: Awaited<ReturnType<typeof startDevice>>): string[] {
  return sync.outbox.list().map(({ operation }) => operation.id);
}
