import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repositoryRoot } from '../aliases.ts';
import { runScript } from './script.ts';

/** Where the parts of an unpacked @sparticuz/chromium lie. */
export interface PackedChromium {
  readonly executablePath: string;
  /** Folder with `fonts.conf`, for FONTCONFIG_PATH. */
  readonly fonts: string;
  /** Folder with the NSS libraries, for LD_LIBRARY_PATH where the system has none. */
  readonly libraries: string;
}

/** The npm package holds one build: Linux on x64. */
export function isPackedChromiumUsable(): boolean {
  return process.platform === 'linux' && process.arch === 'x64';
}

/**
 * The Chromium from npm, unpacked once per version into node_modules/.cache.
 *
 * The folder appears by a rename, so it is either whole or absent: a process killed while it
 * unpacks leaves a staging folder and nothing that anybody would trust. When two processes unpack
 * at once, the first rename wins and the second one's copy is thrown away.
 */
export async function unpackChromium(): Promise<PackedChromium> {
  const cache = join(repositoryRoot, 'node_modules/.cache/syncharts-chromium');
  const home = join(cache, await packedVersion());
  if (!(await exists(home))) {
    await mkdir(cache, { recursive: true });
    const staging = await mkdtemp(join(cache, 'staging-'));
    try {
      await runScript(new URL('./unpack.ts', import.meta.url), [], { TMPDIR: staging });
      await renameUnlessThere(staging, home);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }
  return {
    executablePath: join(home, 'chromium'),
    fonts: join(home, 'fonts'),
    libraries: join(home, 'al2023/lib'),
  };
}

async function packedVersion(): Promise<string> {
  const manifest = new URL('../package.json', import.meta.resolve('@sparticuz/chromium'));
  const parsed: unknown = JSON.parse(await readFile(fileURLToPath(manifest), 'utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) {
    return String(parsed.version);
  }
  throw new Error('The package.json of @sparticuz/chromium names no version.');
}

async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await exists(to))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
