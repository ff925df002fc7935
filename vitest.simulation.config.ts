import { defineConfig } from 'vitest/config';
import { entryAliases } from './tests/support/aliases.ts';

/** The simulator's tests: many runs, so without the cost of measuring coverage. */
export default defineConfig({
  resolve: { alias: entryAliases },
  test: {
    include: ['tests/simulation/**/*.test.ts'],
    environment: 'node',
    testTimeout: 240_000,
    hookTimeout: 240_000,
    reporters: ['default', ['json', { outputFile: '.reports/simulation.json' }]],
  },
});
