import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { chosenPolicy } from './conflictPolicy.ts';
import { readLines } from './control.ts';
import { createDevice, type Device, deviceNames } from './createDevice.ts';
import { Calm } from './parts/Calm.tsx';

const element = document.getElementById('root');
if (!element) throw new Error('The page has no #root.');
const root = createRoot(element);

function show(devices: readonly Device[]): void {
  root.render(
    <StrictMode>
      <App devices={devices} />
    </StrictMode>,
  );
}

/** Where the devices find the API is the only thing asked for; all else is on them. */
async function start(): Promise<void> {
  root.render(<Calm text="Opening…" />);
  const lines = await readLines().catch(() => null);
  if (lines === null) {
    const again = { label: 'Try again', onPress: () => void start() };
    root.render(<Calm text="The demo server does not answer. Is it running?" action={again} />);
    return;
  }
  const policy = chosenPolicy();
  const devices = deviceNames.map((name) => createDevice(name, lines[name] ?? '', policy));
  for (const { sync } of devices) sync.start();
  show(devices);
}

void start();
