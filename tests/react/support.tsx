import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { render } from '@testing-library/react';
import { type ReactNode, StrictMode } from 'react';
import { Provider } from 'react-redux';
import { startReferenceServer } from '../../demo/server/start.ts';
import { createSyncHooks } from '../../src/react.ts';
import { rest } from '../../src/rest.ts';
import { type Device, deviceEnv, makeDevice } from '../support/world.ts';

export const hooks = createSyncHooks<Device['sync']>();

/** A reference server and its own database, for one test. */
export async function openServer() {
  const folder = await mkdtemp(join(tmpdir(), 'syncharts-react-'));
  const server = await startReferenceServer({ file: join(folder, 'server.sqlite') });
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Nobody listens there; for devices that stay offline. */
const nowhere = 'http://127.0.0.1:1';

/** A device that is hydrated and runs; without an address its platform says that there is no network. */
export async function startDevice(apiUrl?: string) {
  const env = deviceEnv(apiUrl ? {} : { networkHint: () => 'absent' });
  const device = makeDevice({ transport: rest({ baseUrl: apiUrl ?? nowhere }), env });
  device.sync.start();
  await device.sync.ready;
  return { ...device, [Symbol.asyncDispose]: () => device.sync.stop() };
}

/** Around what a test shows, as an app would have it. */
export function within(device: Device, children: ReactNode): ReactNode {
  return <StrictMode>{counted(device, children)}</StrictMode>;
}

/** The same without StrictMode, which renders everything twice: for counting. */
export function counted({ store, sync }: Device, children: ReactNode): ReactNode {
  const { SyncProvider } = hooks;
  return (
    <Provider store={store}>
      <SyncProvider sync={sync}>{children}</SyncProvider>
    </Provider>
  );
}

export function renderCounted(device: Device, children: ReactNode) {
  return render(counted(device, children));
}
