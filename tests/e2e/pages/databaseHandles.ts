/**
 * Stands between the page and its IndexedDB, because a platform closes handles as it likes and a
 * test has to do it at a chosen moment. Nothing else is changed: the database is the real one.
 */
const handles = new Set<IDBDatabase>();
let mode: 'keep' | 'close' = 'keep';

const factory = globalThis.indexedDB;
const open = factory.open.bind(factory);

factory.open = (name, version) => {
  const request = open(name, version);
  // Ahead of the opener's own handler: it is handed a handle that is dead already.
  request.addEventListener('success', () => {
    const { result } = request;
    if (mode === 'close') result.close();
    else handles.add(result);
  });
  return request;
};

/** Closes every handle the page has, under its feet. Returns how many there were. */
export function closeHandles(): number {
  const count = handles.size;
  for (const handle of handles) handle.close();
  handles.clear();
  return count;
}

/** From now on every new handle dies before it can be used; false: no more. */
export function killNewHandles(kill: boolean): void {
  mode = kill ? 'close' : 'keep';
}

let holder: (() => void) | null = null;

/**
 * Begins an upgrade of a database and does not end it: whoever else opens it waits. Resolves once
 * that is so. `releaseDatabase` takes the upgrade back.
 */
export function holdDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = open(name, 99);
    request.onerror = () => {}; // Its abort, at the release.
    request.onblocked = () => reject(new Error('somebody else has the database open'));
    request.onupgradeneeded = () => {
      const { transaction } = request;
      const store = transaction?.objectStore('meta');
      let held = true;
      // A transaction lives as long as it is asked things.
      const ask = () => {
        if (held && store) store.count().onsuccess = ask;
        else transaction?.abort();
      };
      holder = () => {
        held = false;
      };
      ask();
      resolve();
    };
  });
}

export function releaseDatabase(): void {
  holder?.();
}

/** As the browser itself does it: the whole database, and nothing else of the origin. */
export function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = factory.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('somebody has the database open'));
  });
}
