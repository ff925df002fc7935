import { defineConfig } from 'vitest/config';
import { entryAliases } from './tests/support/aliases.ts';

/** Tests in a real browser: one file at a time, because they kill and measure; never a retry. */
export default defineConfig({
  resolve: { alias: entryAliases },
  test: {
    include: ['tests/e2e/**/*.e2e.ts'],
    environment: 'node',
    pool: 'forks',
    fileParallelism: false,
    retry: 0,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', 'json'],
    outputFile: { json: '.reports/e2e.json' },
  },
});
