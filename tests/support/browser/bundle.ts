import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type InlineConfig } from 'vite';
import { entryAliases, repositoryRoot } from '../aliases.ts';

/**
 * A script: bundles a page with vite for production, unminified so that stacks can be read.
 * Arguments: `entry` and a TypeScript file, or `root` and a folder with an index.html (whose own
 * vite.config.ts, if there is one, applies); then the output folder.
 */
const [kind, source = '', outDir = ''] = process.argv.slice(2);

const common: InlineConfig = {
  mode: 'production',
  logLevel: 'warn',
  resolve: { alias: entryAliases },
};
const output = { outDir, emptyOutDir: true, minify: false, sourcemap: false } as const;

if (kind === 'root') {
  await build({ ...common, root: source, build: output });
} else {
  await build({
    ...common,
    configFile: false,
    root: repositoryRoot,
    publicDir: false,
    build: {
      ...output,
      rolldownOptions: { input: source, output: { entryFileNames: 'page.js' } },
    },
  });
  await writeFile(
    join(outDir, 'index.html'),
    `<!doctype html>
<meta charset="utf-8">
<title>page</title>
<link rel="icon" href="data:,">
<div id="root"></div>
<script type="module" src="/page.js"></script>
`,
  );
}
