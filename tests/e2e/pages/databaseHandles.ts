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
