import { expect, userEvent } from 'storybook/test';
import preview from '../../.storybook/preview.tsx';
import { RecordChart } from '../support/LiveCharts.tsx';
import { Stage } from '../support/Stage.tsx';
import { add, becomes, seen, stands } from '../support/seen.ts';
import { worldOf } from '../support/world.ts';

const meta = preview.meta({
  title: 'Promises/The full device',
  parameters: { world: { shelf: 'kept' } },
  render: (_, { loaded }) => (
    <Stage world={worldOf(loaded)}>
      <RecordChart />
    </Stage>
  ),
});

export const NothingIsPromisedWithoutRoom = meta.story({
  parameters: {
    text: 'What waits is kept twice. While the device has no room for the second copy nothing new is called saved, and nothing is sent; once somebody makes room it goes on by itself.',
  },
  play: async ({ canvas, loaded, step }) => {
    const { server, shelf, sync } = worldOf(loaded);
    const saved: string[] = [];
    sync.events.on('saved', ({ recordId }) => saved.push(recordId));
    await step('There is room', async () => {
      await add(canvas, 'Count the stock');
      await stands(canvas, 'Count the stock', 'synced');
      await expect(saved).toHaveLength(1);
    });
    await step('There is none', async () => {
      shelf.fill();
      await add(canvas, 'Order flour');
      await canvas.findByText(/This device is full: what you change/);
      await stands(canvas, 'Order flour', 'pending');
      await userEvent.click(await seen(canvas, 'checkbox', 'Done: Count the stock'));
      await expect(saved).toHaveLength(1);
      await expect(server.ledger).toHaveLength(1);
    });
    await step('Somebody makes room', async () => {
      shelf.empty();
      await stands(canvas, 'Order flour', 'synced');
      await stands(canvas, 'Count the stock', 'synced');
      await becomes(() => expect(saved).toHaveLength(3));
    });
    await expect(server.ledger).toHaveLength(3);
  },
});
