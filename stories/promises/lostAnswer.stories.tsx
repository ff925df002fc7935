import { expect } from 'storybook/test';
import preview from '../../.storybook/preview.tsx';
import { Stage } from '../support/Stage.tsx';
import { add, becomes, stands } from '../support/seen.ts';
import { lost, once, onWrites } from '../support/troubles.ts';
import { worldOf } from '../support/world.ts';

const meta = preview.meta({
  title: 'Promises/The lost answer',
  render: (_, { loaded }) => <Stage world={worldOf(loaded)} />,
});

export const TakesEffectOnce = meta.story({
  parameters: {
    text: 'The server did what it was asked for, and its answer never arrived. The same request goes again with the same key, and the ledger has one effect.',
  },
  play: async ({ canvas, loaded }) => {
    const { server } = worldOf(loaded);
    server.after = once(onWrites(lost));
    await add(canvas, 'Buy one ticket');
    await stands(canvas, 'Buy one ticket', 'synced');
    await becomes(() => expect(server.heardKeys).toHaveLength(2));
    await expect(new Set(server.heardKeys).size).toBe(1);
    await expect(server.ledger).toHaveLength(1);
  },
});
