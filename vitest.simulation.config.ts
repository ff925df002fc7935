import { defineConfig } from 'vitest/config';
import { entryAliases } from './tests/support/aliases.ts';

/**
 * The tests of the simulator and of the model: many runs, so without the cost of measuring coverage,
 * which is more than half of theirs.
 */
export default defineConfig({
  resolve: { alias: entryAliases },
  test: {
    include: ['tests/{simulation,model}/**/*.test.ts'],
    maxWorkers: '100%',
    environment: 'node',
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ['default', ['json', { outputFile: '.reports/simulation.json' }]],
  },
});
