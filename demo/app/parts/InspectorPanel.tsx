import { lazy, Suspense, useState } from 'react';
import type { Device, DeviceName } from '../createDevice.ts';
import { deviceTitles } from '../words/deviceWords.ts';
import { DeviceScope } from './DeviceScope.tsx';

/** Big, and for those who want to look inside: it comes when it is asked for. */
const SyncInspector = lazy(() =>
  import('syncharts/inspect').then((entry) => ({ default: entry.SyncInspector })),
);

/** The charts of one device, live: of any record, the connection, the line and the engine. */
export function InspectorPanel({ devices }: { readonly devices: readonly Device[] }) {
  const [name, setName] = useState<DeviceName | null>(null);
  const device = devices.find((each) => each.name === name);
  return (
    <section className="panel inspector" aria-labelledby="inspector-title">
      <div className="panel-head">
        <h2 id="inspector-title">Inspector</h2>
        <fieldset className="actions" aria-label="Device to look inside of">
          {devices.map((each) => (
            <button
              key={each.name}
              type="button"
              className="button small"
              aria-pressed={each.name === name}
              onClick={() => setName(each.name === name ? null : each.name)}
            >
              {deviceTitles[each.name]}
            </button>
          ))}
        </fieldset>
      </div>
      {device ? (
        <DeviceScope key={device.name} device={device}>
          <Suspense fallback={<p className="quiet">Drawing…</p>}>
            <SyncInspector sync={device.sync} />
          </Suspense>
        </DeviceScope>
      ) : (
        <p className="quiet">
          Choose a device to see the statecharts that it runs by, with the current states lit.
        </p>
      )}
    </section>
  );
}
