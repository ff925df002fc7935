import { useId } from 'react';
import type { DeviceName } from '../createDevice.ts';
import { usePolling } from '../usePolling.ts';
import { deviceTitles } from '../words/deviceWords.ts';
import { DeviceEvents } from './DeviceEvents.tsx';
import { FirstPull } from './FirstPull.tsx';
import { MergeLog } from './MergeLog.tsx';
import { NetworkSwitch } from './NetworkSwitch.tsx';
import { Noticed } from './Noticed.tsx';
import { Outbox } from './Outbox.tsx';
import { StatusBar } from './StatusBar.tsx';
import { Todos } from './Todos.tsx';

/** One device: its records, what the server does not have yet, and what merges overwrote. */
export function DevicePanel({ name }: { readonly name: DeviceName }) {
  const titleId = useId();
  usePolling();
  return (
    <section className="panel device" aria-labelledby={titleId}>
      <div className="panel-head">
        <h2 id={titleId} tabIndex={-1}>
          {deviceTitles[name]}
        </h2>
        <NetworkSwitch device={name} />
      </div>
      <StatusBar />
      <Noticed>
        <DeviceEvents />
        <FirstPull />
        <Todos />
        <Outbox />
        <MergeLog />
      </Noticed>
    </section>
  );
}
