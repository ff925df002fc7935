// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { Provider } from 'react-redux';
import { afterEach, describe, expect, test } from 'vitest';
import { recordMachine } from '../../machines/record.ts';
import { SyncInspector } from '../../src/inspect.ts';
import { away, type Bend, busy, pause, synced, tinyWorld } from '../support/tinyServer.ts';
import { type Device, until } from '../support/world.ts';

const world = tinyWorld();
afterEach(cleanup);

function open({ store, sync }: Device) {
  render(
    <Provider store={store}>
      <SyncInspector sync={sync} />
    </Provider>,
  );
}

/** The panel looks at the store five times a second. */
const looked = () => act(() => pause(300));

const create = (device: Device, id: string, title = 'A') =>
  device.sync.models.todo.create({ id, title, done: false });

const failing: Bend = () => ({ push: async () => ({ kind: 'retryLater', failure: busy }) });
const slow = { backoff: { base: 3_600_000, cap: 3_600_000 } };

/** The state that a chart shows as the current one. */
const lit = (name: string) =>
  screen
    .getAllByRole('img', { name: new RegExp(`^${name}`) })
    .flatMap((chart) => [...chart.querySelectorAll('[data-current="true"]')])
    .map((state) => state.getAttribute('data-state'));

describe('N6: the live chart of a record', () => {
  test('N6: lights the state that it is in, says why it waits and when it goes', async () => {
    const device = await world.settled({ bend: failing, more: slow });
    create(device, 'a');
    await until('it waits', () => device.sync.explain('todo', 'a').state === 'backoff');
    open(device);
    await looked();
    expect(lit('Record')).toEqual(['backoff']);
    const record = screen.getByRole('article', { name: 'todo a' });
    expect(within(record).getByText(/^It was tried once: busy\. The next attempt/)).toBeDefined();
    expect(within(record).getByLabelText('Next attempt').textContent).toMatch(/^in \d+ (s|min)$/);
    expect(within(record).getByText('attemptStarted', { selector: 'code' })).toBeDefined();
  });

  test('N6: the chart has every state of the machine, and moves with the record', async () => {
    const device = await world.settled();
    create(device, 'a');
    await synced(device);
    open(device);
    await looked();
    const chart = screen.getByRole('img', { name: 'Record: synced' });
    const states = [...chart.querySelectorAll('[data-state]')];
    expect(states.map((state) => state.getAttribute('data-state')).sort()).toEqual(
      Object.keys(recordMachine.states).sort(),
    );
    device.sync.pause();
    await act(() => device.sync.models.todo.update('a', { title: 'B' }).saved);
    await looked();
    expect(lit('Record')).toEqual(['pending']);
    expect(screen.getByText(/Sync is paused until somebody resumes it/)).toBeDefined();
  });

  test('what the server has stands beside what is shown, with the operations between them', async () => {
    const device = await world.settled();
    create(device, 'a', 'old');
    await synced(device);
    device.sync.pause();
    await device.sync.models.todo.update('a', { title: 'new' }).saved;
    open(device);
    await looked();
    const fields = screen.getByRole('table', { name: 'Fields' });
    const title = within(fields).getByRole('row', { name: /^title/ });
    expect(title.textContent).toBe('title"old""new"');
    expect(title.getAttribute('data-changed')).toBe('true');
    const operations = screen.getByRole('table', { name: 'Operations' });
    expect(within(operations).getByRole('row', { name: /^update title waits/ })).toBeDefined();
  });
});

describe('any record can be looked at', () => {
  test('those that wait stand first; a search finds the others; the keyboard goes through them', async () => {
    const device = await world.settled();
    for (const id of ['alpha', 'beta']) create(device, id);
    await synced(device);
    device.sync.pause();
    await device.sync.models.todo.update('beta', { title: 'B' }).saved;
    open(device);
    await looked();
    const list = screen.getByRole('navigation', { name: 'Records' });
    const names = () =>
      within(list)
        .getAllByRole('button')
        .map(({ textContent }) => textContent);
    expect(names()).toEqual(['todo betapending', 'todo alphasynced']);
    expect(within(list).getByText('1 record waits')).toBeDefined();
    fireEvent.change(within(list).getByRole('searchbox'), { target: { value: 'alp' } });
    expect(names()).toEqual(['todo alphasynced']);
    fireEvent.click(within(list).getByRole('button', { name: /alpha/ }));
    expect(screen.getByRole('article', { name: 'todo alpha' })).toBeDefined();
    fireEvent.change(within(list).getByRole('searchbox'), { target: { value: 'zzz' } });
    expect(within(list).getByText('No record is called that.')).toBeDefined();
    fireEvent.change(within(list).getByRole('searchbox'), { target: { value: '' } });
    const [first, second] = within(list).getAllByRole('button');
    first?.focus();
    fireEvent.keyDown(first as HTMLElement, { key: 'ArrowDown' });
    expect(document.activeElement).toBe(second);
    fireEvent.keyDown(second as HTMLElement, { key: 'Home' });
    expect(document.activeElement).toBe(first);
  });

  test('a long queue is listed in part, and a long lane too', async () => {
    const device = await world.started({ bend: away });
    const many = Array.from({ length: 80 }, (_, i) => ({ title: `${i}`, done: false }));
    const writes = device.sync.models.todo.createMany(many);
    const id = writes[0]?.id ?? '';
    for (let i = 0; i < 30; i++) device.sync.models.todo.update(id, { title: `${i}` });
    await writes.at(-1)?.saved;
    open(device);
    await looked();
    const list = screen.getByRole('navigation', { name: 'Records' });
    expect(within(list).getAllByRole('button').length).toBe(60);
    expect(within(list).getByText(/80 records wait/)).toBeDefined();
    fireEvent.change(within(list).getByRole('searchbox'), { target: { value: id } });
    fireEvent.click(within(list).getByRole('button'));
    expect(screen.getByText('and 11 more')).toBeDefined();
  });
});

describe('the machines around', () => {
  test('tabs move with the arrow keys; each chart has its current states lit', async () => {
    const device = await world.started({ bend: away });
    await until('nobody answers', () => lastConnection(device) === 'waiting');
    open(device);
    await looked();
    const tab = (name: string) => screen.getByRole('tab', { name });
    fireEvent.keyDown(tab('Record'), { key: 'ArrowLeft' });
    expect(tab('Engine').getAttribute('aria-selected')).toBe('true');
    expect(document.activeElement).toBe(tab('Engine'));
    expect(lit('Engine')).toEqual(['leading', 'running', 'present']);
    fireEvent.click(tab('Connection'));
    expect(lit('Connection')).toEqual([lastConnection(device)]);
    fireEvent.click(tab('Line'));
    expect(lit('Line')).toEqual(['open']);
  });

  test('a line that is held says why and until when', async () => {
    const failure = { ...busy, message: 'too much' };
    const device = await world.settled({
      bend: () => ({
        push: async () => ({ kind: 'held', by: 'server', retryIn: 60_000, failure }) as never,
      }),
    });
    create(device, 'a');
    await until('it is held', () => device.sync.explain('todo', 'a').waitsFor[0]?.kind === 'line');
    open(device);
    await looked();
    fireEvent.click(screen.getByRole('tab', { name: 'Line' }));
    expect(lit('Line')).toEqual(['pausedUntil']);
    expect(screen.getByText(/pausedUntil: too much, in \d+ s/)).toBeDefined();
  });

  test('the timeline tells of acts, rows and requests, newest first, and leads to their record', async () => {
    const device = await world.settled();
    open(device);
    create(device, 'a');
    create(device, 'b');
    await synced(device);
    await looked();
    fireEvent.click(screen.getByRole('tab', { name: 'Timeline' }));
    const timeline = screen.getByRole('list', { name: 'Timeline' });
    const kinds = within(timeline)
      .getAllByRole('listitem')
      .map((item) => item.getAttribute('data-kind'));
    expect(new Set(kinds)).toEqual(new Set(['act', 'row', 'request']));
    expect(kinds.at(-1)).toBe('act');
    const [committed] = within(timeline).getAllByRole('button', { name: 'todo b committed' });
    fireEvent.click(committed as HTMLElement);
    expect(screen.getByRole('article', { name: 'todo b' })).toBeDefined();
  });
});

function lastConnection({ store }: Device): string {
  return store.getState().sync?.ephemeral.connection ?? '';
}
