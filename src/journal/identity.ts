import type { Env } from '../ports/env.ts';
import type { StorageConnection } from '../ports/storage.ts';

const idKey = 'databaseId';

export interface Identity {
  readonly id: string;
  /** The id that this device had known, if the database of that id is gone. */
  readonly lost: string | null;
  /** Writes down outside that this is the database; once the loss of another one has been told. */
  readonly remember: () => void;
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
  const markKey = `syncharts/${name}/databaseId`;
  const known = env.readMark(markKey);
  const [stored] = await connection.readMeta([idKey]);
  const id = typeof stored === 'string' ? stored : env.uuid();
  if (id !== stored) await connection.commit({ putMeta: [[idKey, id]] });
  const lost = known !== undefined && known !== id ? known : null;
  const remember = () => {
    if (known !== id) env.writeMark(markKey, id);
  };
  return { id, lost, remember };
}
