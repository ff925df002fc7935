import { expect, userEvent } from 'storybook/test';
import preview from '../../.storybook/preview.tsx';
import { Stage } from '../support/Stage.tsx';
import { add, becomes, seen, stands } from '../support/seen.ts';
import { onWrites, silent } from '../support/troubles.ts';
import { worldOf } from '../support/world.ts';

const meta = preview.meta({
  title: 'Promises/The kill',
  render: (_, { loaded }) => <Stage world={worldOf(loaded)} />,
});

export const ReopenedOnTheSameDisk = meta.story({
  parameters: {
    text: 'The page ends while one answer is on its way and another change has not left. Opened again on the same disk it has both, and each takes effect once.',
  },
  play: async ({ canvas, loaded, step }) => {
    const world = worldOf(loaded);
    const { server, network } = world;
    await step('The server does the first; its answer is on the way', async () => {
      server.after = onWrites(silent);
      await add(canvas, 'Pay the rent');
      await becomes(() => expect(server.ledger).toHaveLength(1));
      await stands(canvas, 'Pay the rent', 'syncing');
    });
    await step('A second change behind it is saved', async () => {
      await userEvent.click(await seen(canvas, 'checkbox', 'Done: Pay the rent'));
      await canvas.findByText('Behind an earlier change of the same record.');
    });
    await step('The page ends, and comes again without a network', async () => {
      await world.kill();
      network.turn('off');
      world.reopen();
      await expect(await seen(canvas, 'checkbox', 'Done: Pay the rent')).toBeChecked();
      await canvas.findByText('Behind an earlier change of the same record.');
    });
    await step('The network comes', async () => {
      server.recover();
      network.turn('on');
      await stands(canvas, 'Pay the rent', 'synced');
    });
    await expect(server.ledger.map(({ method }) => method)).toEqual(['POST', 'PATCH']);
    const [first, again] = server.heardKeys;
    await expect(again).toBe(first);
  },
});
