import type { Device } from './createDevice.ts';
import { DevicePanel } from './parts/DevicePanel.tsx';
import { DeviceScope } from './parts/DeviceScope.tsx';
import { Header } from './parts/Header.tsx';
import { InspectorPanel } from './parts/InspectorPanel.tsx';
import { ServerPanel } from './parts/ServerPanel.tsx';
import { TroublePanel } from './parts/TroublePanel.tsx';
import { ServerContext } from './serverContext.ts';
import { useServer } from './useServer.ts';

/** Two devices, and beside them the server that both write to. */
export function App({ devices }: { readonly devices: readonly Device[] }) {
  return (
    <ServerContext value={useServer()}>
      <Header />
      <main className="columns">
        {devices.map((device) => (
          <DeviceScope key={device.name} device={device}>
            <DevicePanel name={device.name} />
          </DeviceScope>
        ))}
        <div className="server-side">
          <TroublePanel />
          <ServerPanel />
        </div>
        <InspectorPanel devices={devices} />
      </main>
    </ServerContext>
  );
}
