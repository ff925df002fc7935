import addonA11y from '@storybook/addon-a11y';
import addonDocs from '@storybook/addon-docs';
import { definePreview } from '@storybook/react-vite';
import addonMsw from 'msw-storybook-addon';
import { StoryFrame } from '../stories/support/StoryFrame.tsx';
import { startWorker } from '../stories/support/startWorker.ts';
import { openWorld, worldOf } from '../stories/support/world.ts';
import '../demo/app/styles/tokens.css';
import '../demo/app/styles/layout.css';
import '../demo/app/styles/controls.css';
import '../demo/app/styles/parts.css';
import '../stories/support/stories.css';

export default definePreview({
  addons: [addonDocs(), addonA11y(), addonMsw(startWorker)],
  parameters: {
    layout: 'fullscreen',
    a11y: { test: 'error' },
    controls: { disable: true },
    options: {
      storySort: {
        order: [
          'Guide',
          ['Overview', 'One mutation', 'The life of a record', 'Glossary'],
          'States',
          ['Record', 'Connection', 'Line'],
          'Promises',
          ['Offline editing', 'The lost answer', 'The kill', '*'],
        ],
      },
    },
  },
  globalTypes: {
    network: {
      description: 'The network of the device',
      toolbar: {
        title: 'Network',
        icon: 'globe',
        items: [
          { value: 'on', title: 'Network on' },
          { value: 'off', title: 'Network off' },
        ],
        dynamicTitle: true,
      },
    },
    scheme: {
      description: 'Light or dark',
      toolbar: {
        title: 'Colours',
        icon: 'contrast',
        items: [
          { value: 'light', title: 'Light' },
          { value: 'dark', title: 'Dark' },
        ],
        dynamicTitle: true,
      },
    },
  },
  initialGlobals: { network: 'on', scheme: 'light' },
  loaders: [openWorld],
  beforeEach: ({ loaded, msw }) => {
    const world = worldOf(loaded);
    msw.use(...world.handlers);
    world.start();
    return () => world.close();
  },
  decorators: [
    (Story, { globals, loaded, name, parameters }) => (
      <StoryFrame
        {...{ name, text: parameters.text, world: worldOf(loaded) }}
        {...{ scheme: globals.scheme, network: globals.network }}
      >
        <Story />
      </StoryFrame>
    ),
  ],
});
