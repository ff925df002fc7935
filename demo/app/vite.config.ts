import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { entryAliases } from '../../tests/support/aliases.ts';

/** The page imports `syncharts` as any app would; here the name leads to the sources beside it. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  resolve: { alias: entryAliases },
  build: { outDir: '../dist', emptyOutDir: true, chunkSizeWarningLimit: 1_000 },
});
