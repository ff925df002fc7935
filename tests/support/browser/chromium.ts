import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { isPackedChromiumUsable, unpackChromium } from './packedChromium.ts';

const run = promisify(execFile);

/** A Chromium that can be started: its file, and what must be added to the environment. */
export interface FoundChromium {
  readonly executablePath: string;
  readonly env: Readonly<Record<string, string>>;
}

const systemNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

let found: Promise<FoundChromium> | undefined;

/**
 * Finds the Chromium of the browser tests; asked twice in a process, it looks once.
 *
 * 1. The file that SYNCHARTS_CHROMIUM names.
 * 2. The one from npm, also where the system has its own: every machine then runs the same build.
 * 3. A chromium or google-chrome of the system, where the npm one has no build (not Linux on x64).
 *
 * @throws Error with the ways out, if there is none.
 */
export function findChromium(): Promise<FoundChromium> {
  found ??= look();
  return found;
}

async function look(): Promise<FoundChromium> {
  const named = process.env.SYNCHARTS_CHROMIUM;
  if (named) {
    if (await isExecutable(named)) return { executablePath: named, env: {} };
    throw new Error(`SYNCHARTS_CHROMIUM names ${named}, which is no executable file.`);
  }
  if (isPackedChromiumUsable()) return fromNpm();
  const executablePath = await findOnSystem();
  if (executablePath) return { executablePath, env: {} };
  throw new Error('No Chromium found: install one, or name its file in SYNCHARTS_CHROMIUM.');
}

/**
 * The npm package brings NSS libraries along; they are used only if the loader fails without them,
 * because they are built for one distribution and the system's own fit the system.
 */
async function fromNpm(): Promise<FoundChromium> {
  const { executablePath, fonts, libraries } = await unpackChromium();
  const env = { FONTCONFIG_PATH: fonts };
  if ((await startFailure(executablePath, env)) === undefined) return { executablePath, env };
  const paths = [libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  const withLibraries = { ...env, LD_LIBRARY_PATH: paths };
  const failure = await startFailure(executablePath, withLibraries);
  if (failure === undefined) return { executablePath, env: withLibraries };
  throw new Error(`The Chromium at ${executablePath} does not start: ${failure}`);
}

async function startFailure(
  executablePath: string,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  return run(executablePath, ['--version'], { env: { ...process.env, ...env } }).then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

async function findOnSystem(): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), '/usr/bin'];
  for (const name of systemNames) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
