import { indexedDb, type Storage, type StorageConnection } from 'syncharts/storage';

/** ms between the false word and the deed. */
const lateness = 100;

/**
 * A storage with a planted fault: it says that rows of people are written 100 ms before they are.
 * The kill harness must find it, or it finds nothing.
 */
export function earlyStorage(): Storage {
  const real = indexedDb();
  return {
    kind: real.kind,
    open: async (name) => liar(await real.open(name)),
  };
}

async function liar(connection: StorageConnection): Promise<StorageConnection> {
  let { head } = await connection.position();
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  return {
    ...connection,
    commit: (batch) => {
      const { append, expect } = batch;
      if (!append || expect) {
        return inTurn(async () => {
          const committed = await connection.commit(batch);
          if (committed.ok && append) head = committed.head;
          return committed;
        });
      }
      head += append.length;
      inTurn(async () => {
        await new Promise((resolve) => setTimeout(resolve, lateness));
        await connection.commit(batch);
      }).catch(() => {});
      return Promise.resolve({ ok: true, head });
    },
  };
}
