import { expect, userEvent } from 'storybook/test';
import preview from '../../.storybook/preview.tsx';
import { Stage } from '../support/Stage.tsx';
import { add, becomes, seen, stands } from '../support/seen.ts';
import { worldOf } from '../support/world.ts';

const meta = preview.meta({
  title: 'Promises/A conflict merged',
  render: (_, { loaded }) => <Stage world={worldOf(loaded)} />,
});

export const ByFieldAndTold = meta.story({
  parameters: {
    text: 'Both sides changed one record while this one was offline. Different fields are both kept; where it was the same field ours stays, theirs stands in the log, and somebody is told.',
  },
  play: async ({ canvas, loaded, step }) => {
    const { server, network } = worldOf(loaded);
    await add(canvas, 'Book the ferry');
    await stands(canvas, 'Book the ferry', 'synced');
    const id = server.ledger[0]?.recordId ?? '';
    await step('Here: another title, without a network', async () => {
      network.turn('off');
      const field = await seen(canvas, 'textbox', 'Title of Book the ferry');
      await userEvent.clear(field);
      await userEvent.type(field, 'Book the ferry to Aran{Enter}');
      await stands(canvas, 'Book the ferry to Aran', 'pending');
    });
    await step('There: another title too, and done', async () => {
      server.put(id, { title: 'Book the plane', done: true, counter: 0 });
    });
    await step('They meet', async () => {
      network.turn('on');
      await stands(canvas, 'Book the ferry to Aran', 'synced');
      await expect(await seen(canvas, 'checkbox', 'Done: Book the ferry to Aran')).toBeChecked();
      await seen(canvas, 'list', 'Merged');
    });
    await becomes(() =>
      expect(server.record(id)).toMatchObject({ title: 'Book the ferry to Aran', done: true }),
    );
  },
});
