import { execFile } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Profile } from '../../support/browser/profile.ts';

const run = promisify(execFile);

/** A profile on a file system of its own, which can be filled. */
export interface SmallDisk extends Profile {
  /** Leaves so many bytes free. */
  fill(left: number): Promise<void>;
  /** Makes room again. */
  empty(): Promise<void>;
}

/**
 * Mounts a file system of so many megabytes in memory and makes a profile on it; null where this
 * process may not mount (not Linux, not root).
 */
export async function makeSmallDisk(megabytes: number): Promise<SmallDisk | null> {
  const path = await mkdtemp(join(tmpdir(), 'syncharts-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', path]);
  } catch {
    await rm(path, { recursive: true });
    return null;
  }
  const ballast = join(path, 'ballast');
  return {
    path: join(path, 'profile'),
    fill: async (left) => {
      const { bavail, bsize } = await statfs(path);
      const size = Math.max(0, bavail * bsize - left);
      await writeFile(ballast, Buffer.alloc(size));
    },
    empty: () => rm(ballast, { force: true }),
    [Symbol.asyncDispose]: async () => {
      await run('umount', ['-l', path]);
      await rm(path, { recursive: true });
    },
  };
}
