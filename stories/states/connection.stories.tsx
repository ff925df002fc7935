import preview from '../../.storybook/preview.tsx';
import { ConnectionChart } from '../support/LiveCharts.tsx';
import { Stage } from '../support/Stage.tsx';
import { add, seen } from '../support/seen.ts';
import { lost, silent } from '../support/troubles.ts';
import { worldOf } from '../support/world.ts';

const meta = preview.meta({
  title: 'States/Connection',
  render: (_, { loaded }) => (
    <Stage world={worldOf(loaded)}>
      <ConnectionChart />
    </Stage>
  ),
});

export const Online = meta.story({
  parameters: { text: 'Requests reach the server.' },
  play: async ({ canvas }) => {
    await seen(canvas, 'img', 'Connection: online');
  },
});

export const Offline = meta.story({
  parameters: {
    text: 'The platform says that there is no network, and one request to see for itself found none.',
  },
  play: async ({ canvas, loaded }) => {
    await seen(canvas, 'img', 'Connection: online');
    worldOf(loaded).network.turn('off');
    await seen(canvas, 'img', 'Connection: offline');
    await canvas.findByText('No connection. What you write is kept on this device.');
  },
});

export const Unsuited = meta.story({
  parameters: {
    text: 'There is a network, at somebody’s cost, and this app asks for one that is not metered.',
    world: { network: 'unmetered' },
  },
  play: async ({ canvas, loaded }) => {
    await seen(canvas, 'img', 'Connection: online');
    worldOf(loaded).network.turn('metered');
    await seen(canvas, 'img', 'Connection: unsuited');
  },
});

export const Probing = meta.story({
  parameters: {
    text: 'A request came to nothing. One cheap request now decides for all; nothing else is sent meanwhile.',
  },
  play: async ({ canvas, loaded }) => {
    const { server, sync } = worldOf(loaded);
    await seen(canvas, 'img', 'Connection: online');
    await sync.syncAll();
    server.before = (request) => (request.method === 'GET' ? silent : lost)(request);
    await add(canvas, 'Water the tomatoes');
    await seen(canvas, 'img', 'Connection: probing');
  },
});

export const Waiting = meta.story({
  parameters: {
    text: 'The platform sees a network, but the server can not be reached: all wait together for the next probe, and no attempt is spent.',
    world: { backoff: { base: 600_000, cap: 600_000 } },
  },
  play: async ({ canvas, loaded }) => {
    await seen(canvas, 'img', 'Connection: online');
    worldOf(loaded).network.turn('unreachable');
    await add(canvas, 'Water the tomatoes');
    await seen(canvas, 'img', 'Connection: waiting');
  },
});
