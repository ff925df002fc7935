import { defineConfig } from 'vitest/config';
import { entryAliases } from './tests/support/aliases.ts';

export default defineConfig({
  resolve: { alias: entryAliases },
  test: {
    include: ['tests/**/*.test.ts', 'tests/**/*.test.tsx'],
    exclude: ['tests/{simulation,model}/**', '**/node_modules/**'],
    maxWorkers: '100%',
    environment: 'node',
    testTimeout: 30_000,
    reporters: ['default', ['json', { outputFile: '.reports/unit.json' }]],
    coverage: {
      provider: 'v8',
      include: ['machines/**', 'store/**'],
      reporter: ['text', 'json-summary'],
      reportsDirectory: 'coverage',
      thresholds: { 'machines/**': { branches: 95 }, 'store/**': { branches: 95 } },
    },
  },
});
