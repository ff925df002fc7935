import { expect, userEvent, within } from 'storybook/test';
import preview from '../../.storybook/preview.tsx';
import { RecordChart } from '../support/LiveCharts.tsx';
import { Stage } from '../support/Stage.tsx';
import { add, seen, stands } from '../support/seen.ts';
import { onWrites, refusing } from '../support/troubles.ts';
import { worldOf } from '../support/world.ts';

const meta = preview.meta({
  title: 'Promises/The poison operation',
  render: (_, { loaded }) => (
    <Stage world={worldOf(loaded)}>
      <RecordChart />
    </Stage>
  ),
});

const poison = 'Poison for the rats';

export const HoldsItsLaneAlone = meta.story({
  parameters: {
    text: 'The server refuses one change for good. It holds its own record’s lane and no other’s, is kept with the reason, and a person decides.',
  },
  play: async ({ canvas, loaded, step }) => {
    const { server } = worldOf(loaded);
    const refuse = refusing(422, 'Poison is not sold here.');
    server.before = onWrites((request) =>
      request.body?.title === poison ? refuse(request) : 'through',
    );
    await step('It is refused, and a later change of its record waits behind it', async () => {
      await add(canvas, poison);
      await stands(canvas, poison, 'failed');
      await userEvent.click(await seen(canvas, 'checkbox', `Done: ${poison}`));
      await canvas.findByText('Poison is not sold here.');
    });
    await step('Other records go on', async () => {
      await add(canvas, 'Feed the cat');
      await stands(canvas, 'Feed the cat', 'synced');
      await stands(canvas, poison, 'failed');
    });
    await step('Somebody sends it under another title', async () => {
      const card = within(await seen(canvas, 'group', `Refused: ${poison}`));
      await userEvent.click(card.getByRole('button', { name: 'Edit' }));
      const field = await seen(canvas, 'textbox', `New title for ${poison}`);
      await userEvent.clear(field);
      await userEvent.type(field, 'Traps for the rats{Enter}');
      await stands(canvas, 'Traps for the rats', 'synced');
    });
    // What was not sent yet goes together: the create and the change that waited behind it.
    const [cat, traps] = server.ledger.map(({ recordId }) => server.record(recordId));
    await expect(cat).toMatchObject({ title: 'Feed the cat' });
    await expect(traps).toMatchObject({ title: 'Traps for the rats', done: true });
    await expect(server.ledger).toHaveLength(2);
  },
});
