import { defineConfig } from 'vitest/config';
import { entryAliases } from './tests/support/aliases.ts';

/** Tests in a real browser, which wait more than they work: one file for each core; never a retry. */
export default defineConfig({
  resolve: { alias: entryAliases },
  test: {
    include: ['tests/e2e/**/*.e2e.ts'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: '100%',
    retry: 0,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', 'json'],
    outputFile: { json: '.reports/e2e.json' },
  },
});
