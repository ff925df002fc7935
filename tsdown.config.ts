import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    inspect: 'src/inspect.ts',
    react: 'src/react.ts',
    rest: 'src/rest.ts',
    storage: 'src/storage.ts',
    // Started by its file's name: the second shelf's worker.
    shelfWorker: 'src/env/shelfWorker.ts',
  },
  format: 'esm',
  platform: 'neutral',
  dts: true,
  sourcemap: true,
  clean: true,
  tsconfig: 'tsconfig.build.json',
  // For React's server components: the hooks run on the client.
  outputOptions: {
    banner: ({ name }) => (name === 'react' || name === 'inspect' ? "'use client';" : ''),
  },
  deps: { neverBundle: [/^(?!@dagrejs\/)[^./]/] },
});
