// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react';
import { Provider, useSelector } from 'react-redux';
import { PersistGate } from 'redux-persist/integration/react';
import { afterEach, expect, test } from 'vitest';
import { rest } from '../../src/rest.ts';
import { memory } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { deviceEnv, makeDevice } from '../support/world.ts';

afterEach(cleanup);

const transport = rest({ baseUrl: 'http://localhost:1' });

test('<PersistGate> shows the records once they are read, and a loading state until then', async () => {
  const storage = memory();
  const env = deviceEnv();
  const first = makeDevice({ transport, storage, env, name: 'gate' });
  first.sync.start();
  await first.sync.ready;
  await first.sync.models.todo.create({ title: 'Milk', done: false }).saved;
  await first.sync.stop();

  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const slow = bent(storage, { beforeOpen: () => opened });
  const { sync, store } = makeDevice({ transport, storage: slow, env, name: 'gate' });
  const Titles = () => {
    const all = useSelector((state: object) => sync.models.todo.selectAll(state));
    return (
      <ul>
        {all.map((item) => (
          <li key={item.id}>{item.title}</li>
        ))}
      </ul>
    );
  };
  sync.start();
  render(
    <Provider store={store}>
      <PersistGate loading={<p>Loading</p>} persistor={sync.persistor}>
        <Titles />
      </PersistGate>
    </Provider>,
  );
  expect(screen.getByText('Loading')).toBeDefined();
  open();
  expect((await screen.findByRole('listitem')).textContent).toBe('Milk');
  expect(screen.queryByText('Loading')).toBeNull();
  await sync.stop();
});
