import { fileURLToPath } from 'node:url';

/** The repository's top folder, with no slash at its end. */
export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(
  /[\\/]$/,
  '',
);

/** One entry of the package: what an app writes in an import, and the source file behind it. */
export interface EntryAlias {
  readonly find: RegExp;
  readonly replacement: string;
}

function entry(find: RegExp, source: string): EntryAlias {
  return { find, replacement: `${repositoryRoot}/${source}` };
}

/**
 * The package's own entries as bundlers see them: the same list as `paths` in tsconfig.json.
 * Each pattern is anchored, because a plain string alias also catches every longer name
 * (`syncharts` would turn `syncharts/rest` into a path below a file).
 */
export const entryAliases: EntryAlias[] = [
  entry(/^syncharts$/, 'src/index.ts'),
  entry(/^syncharts\/inspect$/, 'src/inspect.ts'),
  entry(/^syncharts\/react$/, 'src/react.ts'),
  entry(/^syncharts\/rest$/, 'src/rest.ts'),
  entry(/^syncharts\/storage$/, 'src/storage.ts'),
];
