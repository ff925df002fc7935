import type { Env } from '../ports/env.ts';
import type { StorageConnection } from '../ports/storage.ts';

const idKey = 'databaseId';

export interface Identity {
  readonly id: string;
  /** The id that this device had known, if the database of that id is gone. */
  readonly lost: string | null;
}

/**
 * The database's random id stands in the database and outside of it (localStorage): a browser may
 * delete the whole of IndexedDB, and a loss must be told from a first run. After a loss the mark
 * stays what it was until `remember`: a page may die before anybody was told.
 */
export async function identify(
  env: Env,
  connection: StorageConnection,
  name: string,
): Promise<Identity> {
  const known = env.readMark(markKey(name));
  const [stored] = await connection.readMeta([idKey]);
  if (typeof stored === 'string') {
    if (known === undefined) remember(env, name, stored);
    return { id: stored, lost: known !== undefined && known !== stored ? known : null };
  }
  const id = env.uuid();
  await connection.commit({ putMeta: [[idKey, id]] });
  if (known === undefined) remember(env, name, id);
  return { id, lost: known ?? null };
}

function markKey(name: string): string {
  return `syncharts/${name}/databaseId`;
}

/** From here on this is the database that the device knows: after a loss, once that was told. */
export function remember(env: Env, name: string, id: string): void {
  env.writeMark(markKey(name), id);
}
