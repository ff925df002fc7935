import { userEvent } from 'storybook/test';
import preview from '../../.storybook/preview.tsx';
import { RecordChart } from '../support/LiveCharts.tsx';
import { Stage } from '../support/Stage.tsx';
import { add, type Canvas, row, seen, stands } from '../support/seen.ts';
import { onWrites, refusing, silent } from '../support/troubles.ts';
import { worldOf } from '../support/world.ts';

const meta = preview.meta({
  title: 'States/Record',
  render: (_, { loaded }) => (
    <Stage world={worldOf(loaded)}>
      <RecordChart />
    </Stage>
  ),
});

const title = 'Water the tomatoes';

/** The chart lights the state, and the row says its word. */
async function isIn(canvas: Canvas, state: string): Promise<void> {
  await seen(canvas, 'img', `Record: ${state}`);
  await stands(canvas, title, state);
}

export const Saving = meta.story({
  parameters: { text: 'Dispatched and shown; the disk has not said yet that it keeps it.' },
  play: async ({ canvas, loaded }) => {
    const { disk, sync } = worldOf(loaded);
    await sync.ready;
    disk.hold();
    await add(canvas, title);
    await isIn(canvas, 'saving');
  },
});

export const Pending = meta.story({
  parameters: { text: 'Durable on this device; it waits for its turn, here for a network.' },
  play: async ({ canvas, loaded }) => {
    worldOf(loaded).network.turn('off');
    await add(canvas, title);
    await isIn(canvas, 'pending');
  },
});

export const Syncing = meta.story({
  parameters: {
    text: 'Sealed, which means that it never changes again; sent, and not answered yet.',
  },
  play: async ({ canvas, loaded }) => {
    worldOf(loaded).server.before = onWrites(silent);
    await add(canvas, title);
    await isIn(canvas, 'syncing');
  },
});

export const Backoff = meta.story({
  parameters: {
    text: 'The server could not do it now: the very same request goes again when its time has come.',
    world: { backoff: { base: 600_000, cap: 600_000 } },
  },
  play: async ({ canvas, loaded }) => {
    worldOf(loaded).server.before = onWrites(refusing(500, 'The database is being moved.'));
    await add(canvas, title);
    await isIn(canvas, 'backoff');
  },
});

export const Conflicted = meta.story({
  parameters: { text: 'Changed here, deleted there: no rule can decide that, so a person does.' },
  play: async ({ canvas, loaded }) => {
    const { server, network } = worldOf(loaded);
    await add(canvas, title);
    await isIn(canvas, 'synced');
    network.turn('off');
    await userEvent.click(await seen(canvas, 'checkbox', `Done: ${title}`));
    await isIn(canvas, 'pending');
    server.put(server.ledger[0]?.recordId ?? '', null);
    network.turn('on');
    await isIn(canvas, 'conflicted');
    await seen(canvas, 'button', 'Keep mine');
  },
});

export const Failed = meta.story({
  parameters: {
    text: 'Refused for good: a dead letter. It is kept, it says why, and a person retries, edits or discards it.',
  },
  play: async ({ canvas, loaded }) => {
    worldOf(loaded).server.before = onWrites(refusing(422, 'Tomatoes are not allowed here.'));
    await add(canvas, title);
    await isIn(canvas, 'failed');
    await seen(canvas, 'heading', `Refused: ${title}`);
  },
});

export const Synced = meta.story({
  parameters: { text: 'The server has everything; nothing of this record is kept in the outbox.' },
  play: async ({ canvas, loaded }) => {
    await add(canvas, title);
    await isIn(canvas, 'synced');
    const [effect] = worldOf(loaded).server.ledger;
    const { server } = worldOf(loaded);
    await row(canvas, title);
    if (server.record(effect?.recordId ?? '')?.title !== title) throw new Error('It is not there.');
  },
});
