import { writeFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { openBrowser } from './openBrowser.ts';

interface GroupsOptions {
  /** The name of one group; undefined: all. */
  readonly only: string | undefined;
  /** A file for the results, round by round. */
  readonly json: string | undefined;
}

interface Groups<Options, Result> {
  /** Bundled, and opened in a tab of its own for each group. */
  readonly entry: URL;
  readonly groups: Readonly<Record<string, (page: Page, options: Options) => Promise<Result[]>>>;
  readonly options: Options;
  readonly print: (results: readonly Result[]) => string;
  /** What stands in the file, beside when and where it was measured. */
  readonly toJson: (results: readonly Result[]) => Readonly<Record<string, unknown>>;
}

/**
 * Measures one group after the other, prints each, and returns what all of them gave. One that does
 * not come to its end is told, and the process ends with 1; that something is slow is no failure.
 */
export async function runGroups<Options extends GroupsOptions, Result>({
  entry,
  groups,
  options,
  print,
  toJson,
}: Groups<Options, Result>): Promise<readonly Result[]> {
  const { only, json } = options;
  const chosen = Object.entries(groups).filter(([name]) => !only || name === only);
  if (chosen.length === 0) {
    console.error(`There is no group "${only}"; there are ${Object.keys(groups).join(', ')}.`);
    process.exit(1);
  }
  const results: Result[] = [];
  await using opened = await openBrowser(entry);
  const { browser, machine } = opened;
  console.log(`${browser} on ${machine}\n`);
  for (const [name, measure] of chosen) {
    try {
      const measured = await opened.inTab((page) => measure(page, options));
      results.push(...measured);
      console.log(`${print(measured)}\n`);
    } catch (error) {
      process.exitCode = 1;
      console.error(`${name} did not come to its end:`, error);
    }
  }
  if (json) {
    const at = new Date().toISOString();
    const all = { at, browser, machine, ...toJson(results) };
    await writeFile(json, `${JSON.stringify(all, null, 2)}\n`);
  }
  return results;
}
