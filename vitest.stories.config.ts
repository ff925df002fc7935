import { storybookTest } from '@storybook/addon-vitest/vitest-plugin';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { findChromium } from './tests/support/browser/chromium.ts';

const { executablePath, env } = await findChromium();
// Playwright starts the browser with this process's environment.
Object.assign(process.env, env);

const args = [
  '--headless',
  '--no-sandbox', // Root in a container may not make sandboxes.
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** All stories in one of the two colour schemes: contrast is checked in both, what is heavy in one. */
function stories(scheme: 'light' | 'dark'): TestProjectConfiguration {
  const tags = { exclude: scheme === 'dark' ? ['heavy'] : [] };
  return {
    extends: true,
    plugins: [storybookTest({ configDir: '.storybook', initialGlobals: { scheme }, tags })],
    test: {
      name: scheme,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args } }),
        instances: [{ browser: 'chromium', viewport: { width: 1200, height: 900 } }],
      },
    },
  };
}

/** The stories as tests: each play function in a real Chromium, then the accessibility checks. */
export default defineConfig({
  test: {
    testTimeout: 90_000,
    retry: 0,
    reporters: ['default', ['json', { outputFile: '.reports/stories.json' }]],
    projects: [stories('light'), stories('dark')],
  },
});
