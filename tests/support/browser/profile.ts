import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A browser profile on disk that outlives its browsers and is removed when disposed of. */
export interface Profile extends AsyncDisposable {
  readonly path: string;
}

/**
 * Makes an empty profile folder below the system's temporary folder.
 *
 * @example
 * await using profile = await makeProfile();
 * await using browser = await launchBrowser({ profile: profile.path });
 */
export async function makeProfile(): Promise<Profile> {
  const path = await mkdtemp(join(tmpdir(), 'syncharts-profile-'));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }),
  };
}
