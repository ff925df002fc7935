import preview from '../../.storybook/preview.tsx';
import { Stage } from '../support/Stage.tsx';
import { seen } from '../support/seen.ts';
import { slow } from '../support/troubles.ts';
import { type World, worldOf } from '../support/world.ts';

const meta = preview.meta({
  title: 'Promises/The first pull',
  tags: ['heavy'],
  render: (_, { loaded }) => <Stage world={worldOf(loaded)} />,
});

const count = 10_000;

export const TenThousandRecords = meta.story({
  parameters: {
    text: 'A new device gets the 10,000 records that the server has, page by page; it says how far it is, and can be used meanwhile.',
    world: {
      prepare: ({ server }: World) => {
        for (let n = 1; n <= count; n++) {
          const id = `todo-${String(n).padStart(5, '0')}`;
          server.put(id, { title: `Todo ${n}`, done: n % 3 === 0, counter: 0 });
        }
        server.after = slow(50);
      },
    },
  },
  play: async ({ canvas, step }) => {
    await step('It says how far it is', async () => {
      await seen(canvas, 'progressbar', 'First pull');
    });
    await step('It has all', async () => {
      await canvas.findByText('10,000 todos', undefined, { timeout: 60_000 });
      await seen(canvas, 'listitem', 'Todo 10000');
    });
  },
});
