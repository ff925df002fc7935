import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { entryAliases, repositoryRoot } from '../tests/support/aliases.ts';

/**
 * `npm run size`: what each entry adds to an app, minified and gzipped, alone and with the libraries
 * that it brings; peers (React, Redux Toolkit) are the app's own. Ends with 1 over a limit.
 */

/** KB (1,000 bytes) with everything that the entry brings; about a tenth above what was measured last. */
const limits: Readonly<Record<string, number>> = {
  syncharts: 117,
  'syncharts/rest': 16,
  'syncharts/storage': 16,
  'syncharts/react': 6.5,
  'syncharts/inspect': 46,
};

const peers = /^(react|react-dom|react-redux|@reduxjs\/toolkit)(\/|$)/;
const libraries = /^(xstate|redux-persist|localforage|uuid|@dagrejs\/dagre)(\/|$)/;

async function sizeOf(entry: string, external: readonly RegExp[]): Promise<number> {
  const file = 'entry.js';
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: repositoryRoot,
    publicDir: false,
    mode: 'production',
    resolve: { alias: entryAliases },
    build: {
      write: false,
      minify: true,
      rolldownOptions: {
        input: file,
        external: [...external],
        // As of a module that others import: nothing of it may be shaken off.
        preserveEntrySignatures: 'strict',
      },
    },
    plugins: [
      {
        name: 'entry',
        enforce: 'pre',
        resolveId: (id) => (id.endsWith(file) ? `\0${file}` : null),
        load: (id) => (id === `\0${file}` ? `export * from '${entry}';` : null),
      },
    ],
  });
  const outputs = Array.isArray(built) ? built : [built];
  const chunks = outputs.flatMap((output) => ('output' in output ? output.output : []));
  const code = chunks.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('\n');
  return gzipSync(code, { level: 9 }).length / 1_000;
}

let isOver = false;
for (const [entry, limit] of Object.entries(limits)) {
  const own = await sizeOf(entry, [peers, libraries]);
  const whole = await sizeOf(entry, [peers]);
  const verdict = whole > limit ? `over its limit of ${limit}` : `limit ${limit}`;
  if (whole > limit) isOver = true;
  console.log(
    `${entry.padEnd(18)} ${own.toFixed(1).padStart(5)} KB, ` +
      `with its libraries ${whole.toFixed(1).padStart(5)} KB (${verdict})`,
  );
}
if (isOver) process.exitCode = 1;
