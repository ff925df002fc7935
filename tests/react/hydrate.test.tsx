// @vitest-environment jsdom
import { act, cleanup, screen } from '@testing-library/react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, test } from 'vitest';
import { rest } from '../../src/rest.ts';
import { deviceEnv, makeDevice } from '../support/world.ts';
import { hooks, within } from './support.tsx';

afterEach(cleanup);

function newDevice() {
  const env = deviceEnv({ networkHint: () => 'absent' });
  return makeDevice({ transport: rest({ baseUrl: 'http://127.0.0.1:1' }), env });
}

test('P32: a page that a server rendered is taken over without a difference, and then shows this device’s records', async () => {
  const Page = () => {
    const todos = hooks.useRecords('todo');
    const { phase } = hooks.useSyncStatus();
    return <p role="status">{`${phase}: ${todos.map(({ title }) => title).join(', ')}`}</p>;
  };
  const place = document.createElement('div');
  document.body.append(place);
  place.innerHTML = renderToString(within(newDevice(), <Page />));
  expect(screen.getByRole('status').textContent).toBe('stopped: ');

  const device = newDevice();
  const differences: unknown[] = [];
  const root = await act(async () =>
    hydrateRoot(place, within(device, <Page />), {
      onRecoverableError: (error) => differences.push(error),
    }),
  );
  await act(async () => {
    device.sync.start();
    await device.sync.ready;
    await device.sync.models.todo.create({ title: 'Milk', done: false }).saved;
  });
  expect(screen.getByRole('status').textContent).toBe('waiting: Milk');
  expect(differences).toEqual([]);
  act(() => root.unmount());
  place.remove();
  await device.sync.stop();
});
