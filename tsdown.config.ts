import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: 'src/index.ts', rest: 'src/rest/index.ts', storage: 'src/storage/index.ts' },
  format: 'esm',
  platform: 'neutral',
  dts: true,
  sourcemap: true,
  clean: true,
  deps: { neverBundle: [/^[^./]/] },
});
