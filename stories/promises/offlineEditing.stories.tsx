import { expect, userEvent } from 'storybook/test';
import preview from '../../.storybook/preview.tsx';
import { Stage } from '../support/Stage.tsx';
import { add, becomes, seen, stands } from '../support/seen.ts';
import { worldOf } from '../support/world.ts';

const meta = preview.meta({
  title: 'Promises/Offline editing',
  render: (_, { loaded }) => <Stage world={worldOf(loaded)} />,
});

export const EditedWithoutANetwork = meta.story({
  parameters: {
    text: 'Without a network everything goes on: what is written shows at once, is kept on this device, and goes out in its order as soon as it can.',
  },
  play: async ({ canvas, loaded, step }) => {
    const { network, server } = worldOf(loaded);
    await step('The network goes', async () => {
      network.turn('off');
      await canvas.findByText('Offline');
    });
    await step('Somebody writes', async () => {
      await add(canvas, 'Book the ferry');
      await add(canvas, 'Pack the tent');
      await userEvent.click(await seen(canvas, 'checkbox', 'Done: Pack the tent'));
      await stands(canvas, 'Book the ferry', 'pending');
      await expect(await seen(canvas, 'checkbox', 'Done: Pack the tent')).toBeChecked();
      await expect(server.ledger).toHaveLength(0);
    });
    await step('The network comes', async () => {
      network.turn('on');
      await stands(canvas, 'Book the ferry', 'synced');
      await stands(canvas, 'Pack the tent', 'synced');
      await canvas.findByText('Empty: the server has everything.');
    });
    await becomes(() => {
      const titles = server.ledger.map(({ recordId }) => server.record(recordId)?.title);
      expect(titles).toEqual(['Book the ferry', 'Pack the tent']);
    });
  },
});
