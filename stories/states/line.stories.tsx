import preview from '../../.storybook/preview.tsx';
import { LineChart } from '../support/LiveCharts.tsx';
import { Stage } from '../support/Stage.tsx';
import { add, type Canvas, seen } from '../support/seen.ts';
import { once, onWrites, refusing, silent } from '../support/troubles.ts';
import { type World, worldOf } from '../support/world.ts';

const meta = preview.meta({
  title: 'States/Line',
  render: (_, { loaded }) => (
    <Stage world={worldOf(loaded)}>
      <LineChart />
    </Stage>
  ),
});

/** The chart of the line to the server; one that is open has no origin in its name. */
async function isIn(canvas: Canvas, state: string): Promise<void> {
  await seen(canvas, 'img', new RegExp(`^Line.*: ${state}$`));
}

const unauthorized = refusing(401, 'This token is not known.');
const token = () => 'a token';
const fromTheStart =
  (before: World['server']['before']) =>
  ({ server }: World) => {
    server.before = before;
  };
const patient = { base: 600_000, cap: 600_000 };

export const Open = meta.story({
  parameters: { text: 'Requests go.' },
  play: async ({ canvas }) => {
    await isIn(canvas, 'open');
    await canvas.findByText('Every line is open.');
  },
});

export const PausedUntil = meta.story({
  parameters: {
    text: 'The server asked for some time (429): nothing goes there until it is over.',
  },
  play: async ({ canvas, loaded }) => {
    const asked = refusing(429, 'Too many requests.', { 'Retry-After': '3600' });
    worldOf(loaded).server.before = onWrites(asked);
    await add(canvas, 'Water the tomatoes');
    await isIn(canvas, 'pausedUntil');
  },
});

export const Refreshing = meta.story({
  parameters: {
    text: 'The server refused the token: the app is asked for another one, once for all that wait.',
    world: {
      auth: { token, refresh: () => new Promise<boolean>(() => {}) },
      prepare: fromTheStart(unauthorized),
    },
  },
  play: async ({ canvas }) => {
    await isIn(canvas, 'refreshing');
  },
});

export const Renewed = meta.story({
  parameters: {
    text: 'There is a new token, and the first request with it is not answered yet.',
    world: {
      auth: { token, refresh: async () => true },
      prepare: ({ server }: World) => {
        const first = once(unauthorized);
        server.before = async (request) => {
          const fate = await first(request);
          return fate === 'through' ? silent(request) : fate;
        };
      },
    },
  },
  play: async ({ canvas }) => {
    await isIn(canvas, 'renewed');
  },
});

export const AuthRequired = meta.story({
  parameters: {
    text: 'There is no other token to be had: a person signs in again. Nothing is dropped meanwhile.',
    world: {
      auth: { token, refresh: async () => false },
      prepare: fromTheStart(unauthorized),
    },
  },
  play: async ({ canvas }) => {
    await add(canvas, 'Water the tomatoes');
    await isIn(canvas, 'authRequired');
    await canvas.findByText(/Sign in again/);
  },
});

export const Tripped = meta.story({
  parameters: {
    text: 'What answers there can serve nothing (a bad deployment): it is tried from time to time, and nothing is dropped.',
    world: { backoff: patient },
  },
  play: async ({ canvas, loaded }) => {
    worldOf(loaded).server.before = refusing(501, 'Not implemented.');
    await add(canvas, 'Water the tomatoes');
    await isIn(canvas, 'tripped');
  },
});

export const Trying = meta.story({
  parameters: {
    text: 'It had tripped, and some time has gone by: one request tries whether it serves again.',
    world: { backoff: { base: 50, cap: 50 } },
  },
  play: async ({ canvas, loaded }) => {
    const first = once(onWrites(refusing(501, 'Not implemented.')));
    worldOf(loaded).server.before = async (request) => {
      const fate = await first(request);
      return fate === 'through' ? silent(request) : fate;
    };
    await add(canvas, 'Water the tomatoes');
    await isIn(canvas, 'trying');
  },
});
