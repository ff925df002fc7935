import type { StorybookConfig } from '@storybook/react-vite';
import { mergeConfig } from 'vite';
import { entryAliases } from '../tests/support/aliases.ts';

const config: StorybookConfig = {
  framework: '@storybook/react-vite',
  stories: ['../stories/**/*.mdx', '../stories/**/*.stories.tsx'],
  addons: ['@storybook/addon-docs', '@storybook/addon-a11y', '@storybook/addon-vitest'],
  // Holds the worker that `npm run stories:worker` writes.
  staticDirs: ['./public'],
  core: { disableTelemetry: true, disableWhatsNewNotifications: true },
  typescript: { reactDocgen: 'react-docgen' },
  /** The stories import `syncharts` as any app would; here the name leads to the sources. */
  viteFinal: (vite) =>
    mergeConfig(vite, {
      resolve: { alias: entryAliases },
      build: { chunkSizeWarningLimit: 4_000 },
    }),
};

export default config;
