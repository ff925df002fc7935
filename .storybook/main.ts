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
      // How long its plugins take is no news, and would make a clean build look like an odd one.
      build: {
        chunkSizeWarningLimit: 4_000,
        rolldownOptions: { checks: { pluginTimings: false } },
      },
    }),
};

export default config;
