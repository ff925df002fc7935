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
 * delete the whole of IndexedDB, and a loss must be told from a first run.
 */
export async function identify(
  env: Env,
  connection: StorageConnection,
  name: string,
): Promise<Identity> {
  const markKey = `syncharts/${name}/databaseId`;
  const known = env.readMark(markKey);
  const [stored] = await connection.readMeta([idKey]);
  if (typeof stored === 'string') {
    if (known !== stored) env.writeMark(markKey, stored);
    return { id: stored, lost: known !== undefined && known !== stored ? known : null };
  }
  const id = env.uuid();
  await connection.commit({ putMeta: [[idKey, id]] });
  env.writeMark(markKey, id);
  return { id, lost: known ?? null };
}
