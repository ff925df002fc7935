import type { ReactNode } from 'react';
import { Provider } from 'react-redux';
import { PersistGate } from 'redux-persist/integration/react';
import type { Device } from '../createDevice.ts';
import { SyncProvider } from '../hooks.ts';

interface DeviceScopeProps {
  readonly device: Device;
  readonly children: ReactNode;
}

/** What an app has around it: its store, its sync, and the gate that opens when the records are read. */
export function DeviceScope({ device: { store, sync }, children }: DeviceScopeProps) {
  const reading = (
    <p className="panel quiet" role="status">
      Reading what this device keeps…
    </p>
  );
  return (
    <Provider store={store}>
      <SyncProvider sync={sync}>
        <PersistGate persistor={sync.persistor} loading={reading}>
          {children}
        </PersistGate>
      </SyncProvider>
    </Provider>
  );
}
