import { readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

/** Deletes every IndexedDB of the profile, as Chromium does after some crashes. */
export async function deleteDatabases(profile: string): Promise<void> {
  await rm(join(profile, 'Default', 'IndexedDB'), { recursive: true, force: true });
}

/**
 * Cuts the last record of the newest log of the origin's IndexedDB, as a crash in the middle of a
 * write may. Chromium opens such a database once as if nothing were wrong, and deletes the whole of
 * it the next time (seen in each of some 30 tries; in kills under load about once in a hundred).
 *
 * A deeper cut takes whole transactions with it, which the page was told are complete.
 *
 * @param profile of a browser that does not run
 * @param cut bytes that are cut off
 * @throws Error where there is no log
 */
export async function tearDatabase(profile: string, cut: number): Promise<void> {
  const folder = join(profile, 'Default', 'IndexedDB');
  const logs: { readonly path: string; readonly at: number; readonly size: number }[] = [];
  for (const database of await readdir(folder)) {
    if (!database.endsWith('.leveldb')) continue;
    for (const name of await readdir(join(folder, database))) {
      if (!name.endsWith('.log')) continue;
      const path = join(folder, database, name);
      const { mtimeMs: at, size } = await stat(path);
      if (size > cut) logs.push({ path, at, size });
    }
  }
  const [newest] = logs.sort((a, b) => b.at - a.at);
  if (!newest) throw new Error(`there is no database in ${folder}`);
  await truncate(newest.path, newest.size - cut);
}
