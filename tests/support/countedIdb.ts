/** What IndexedDB was asked for meanwhile. */
export interface Asked {
  /** Transactions that may write. */
  readonly transactions: number;
  /** Single requests of those that write, and of those that read. */
  readonly writes: number;
  readonly reads: number;
  /** Characters of what was written: texts as they are, anything else as JSON. */
  readonly characters: number;
}

const nothing: Asked = { transactions: 0, writes: 0, reads: 0, characters: 0 };
let asked = nothing;

/** Calls `note` before each call of a method; the method itself stays what it was. */
function noting(
  methods: object,
  names: readonly string[],
  note: (args: readonly unknown[]) => Partial<Asked>,
): void {
  for (const name of names) {
    const method = Reflect.get(methods, name) as (...args: unknown[]) => unknown;
    const noted = function (this: unknown, ...args: unknown[]): unknown {
      for (const [what, count] of Object.entries(note(args))) {
        asked = { ...asked, [what]: asked[what as keyof Asked] + count };
      }
      return method.apply(this, args);
    };
    Reflect.set(methods, name, noted);
  }
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, part) => sum + lengthOf(part), 0);
  return JSON.stringify(value).length;
}

const isWriting = (mode: unknown) => mode === 'readwrite' || mode === 'readwriteflush';
noting(IDBDatabase.prototype, ['transaction'], ([, mode]) => ({
  transactions: isWriting(mode) ? 1 : 0,
}));
noting(IDBObjectStore.prototype, ['put', 'add'], ([value]) => ({
  ...{ writes: 1, characters: lengthOf(value) },
}));
noting(IDBObjectStore.prototype, ['delete', 'clear'], () => ({ writes: 1 }));
noting(
  IDBObjectStore.prototype,
  ['get', 'getAll', 'getAllKeys', 'getKey', 'count', 'openCursor', 'openKeyCursor'],
  () => ({ reads: 1 }),
);

/** What `act` asked IndexedDB for until it has resolved. */
export async function askedUntil(act: () => Promise<unknown>): Promise<Asked> {
  asked = nothing;
  await act();
  return asked;
}
