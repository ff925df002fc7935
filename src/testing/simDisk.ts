import type { Batch, Committed, Storage, StorageConnection } from '../ports/storage.ts';
import { StorageError } from '../ports/storage.ts';
import { applyBatch, emptyDatabase, type MemoryDatabase } from '../storage/memoryDatabase.ts';
import { keyed, keyedBelow } from './keyed.ts';
import type { DiskFault } from './plan.ts';
import type { World } from './world.ts';

export interface SimDiskOptions {
  readonly world: World;
  readonly device: number;
  /** The fault of the n-th batch, if the plan has one. */
  readonly faultAt: (n: number) => DiskFault | undefined;
  readonly onKill: (kind: 'kill' | 'powerLoss') => void;
  /** Rows as they become durable, in order. */
  readonly onRows: (texts: readonly string[]) => void;
}

/** ms after which the port reports a disk that hangs. */
const hangs = 30_000;

/**
 * A disk behind the storage port: every batch is one strict transaction that takes virtual time.
 * What was complete when the page dies stays; what was not is gone. Whoever belongs to a page that
 * is dead never hears from it again.
 */
export class SimDisk {
  readonly #options: SimDiskOptions;
  #database: MemoryDatabase = emptyDatabase();
  #batches = 0;
  #life = 0;
  #reads = 0;
  /** Durable steps so far: what the exhaustive mode counts and names. */
  readonly points: string[] = [];

  constructor(options: SimDiskOptions) {
    this.#options = options;
  }

  /** The storage of the page that begins now. */
  storage(): Storage {
    this.#life++;
    const life = this.#life;
    return { kind: 'simulated', open: async () => this.#connection(life) };
  }

  /** The page is dead. */
  endLife(): void {
    this.#life++;
  }

  /** What stands on the platter, for the invariants: read without time or faults. */
  inspect(): StorageConnection {
    return {
      commit: () => Promise.reject(new StorageError('denied', 'only to look at')),
      readRows: async (after, limit) => this.#rowsAfter(after, limit),
      readPages: async (keys) => keys.map((key) => this.#database.pages.get(key)),
      pageKeys: async () => [...this.#database.pages.keys()],
      readMeta: async (keys) => keys.map((key) => this.#database.meta.get(key)),
      position: async () => ({ head: this.#database.head, fence: this.#database.fence }),
      close: async () => {},
    };
  }

  get bytes(): number {
    let bytes = 0;
    for (const { text } of this.#database.rows) bytes += text.length;
    for (const text of this.#database.pages.values()) bytes += text.length;
    for (const text of this.#database.meta.values()) bytes += text.length;
    return bytes;
  }

  wipe(): void {
    this.#database = emptyDatabase();
  }

  /** Damages the last row; false if there is none. */
  corruptLastRow(): boolean {
    const last = this.#database.rows[this.#database.rows.length - 1];
    if (!last) return false;
    last.text = last.text.slice(0, Math.floor(last.text.length / 2));
    return true;
  }

  #rowsAfter(after: number, limit: number) {
    return this.#database.rows.filter((row) => row.sequence > after).slice(0, limit);
  }

  #connection(life: number): StorageConnection {
    const read = <T>(get: () => T): Promise<T> =>
      new Promise((resolve) => {
        const { world, device } = this.#options;
        const delay = keyed(world.seed, `read/${device}/${++this.#reads}`);
        world.schedule(delay, () => {
          if (this.#life === life) resolve(get());
        });
      });
    return {
      commit: (batch) => this.#commit(life, batch),
      readRows: (after, limit) => read(() => this.#rowsAfter(after, limit)),
      readPages: (keys) => read(() => keys.map((key) => this.#database.pages.get(key))),
      pageKeys: () => read(() => [...this.#database.pages.keys()]),
      readMeta: (keys) => read(() => keys.map((key) => this.#database.meta.get(key))),
      position: () => read(() => ({ head: this.#database.head, fence: this.#database.fence })),
      close: async () => {},
    };
  }

  #commit(life: number, batch: Batch): Promise<Committed> {
    const { world, device, faultAt, onKill } = this.#options;
    return new Promise((resolve, reject) => {
      if (this.#life !== life) return;
      const n = ++this.#batches;
      this.points.push(nameOf(batch));
      const fault = faultAt(n);
      const quick = 0.5 + keyed(world.seed, `disk/${device}/${n}`) * 2;
      const slow = fault === 'slowDisk' ? 2_000 + keyedBelow(world.seed, `slow/${n}`, 8_000) : 0;
      if (fault === 'hangDisk') {
        const timeout = new StorageError('timeout', 'the disk hangs');
        world.schedule(hangs, () => this.#life === life && reject(timeout));
        return;
      }
      world.schedule(quick + slow, () => {
        if (this.#life !== life) return;
        if (fault === 'quota') return reject(new StorageError('quota', 'no room'));
        if (fault === 'lostBefore') return reject(new StorageError('lost', 'the handle died'));
        if (fault === 'killBefore') return onKill('kill');
        if (fault === 'powerLossBefore') return onKill('powerLoss');
        const committed = this.#apply(batch);
        world.note(`disk ${device} ${n} ${nameOf(batch)} ${committed.ok}`);
        if (fault === 'killAfter') return onKill('kill');
        if (fault === 'powerLossAfter') return onKill('powerLoss');
        if (fault === 'lostAfter') return reject(new StorageError('lost', 'the handle died'));
        resolve(committed);
      });
    });
  }

  #apply(batch: Batch): Committed {
    const committed = applyBatch(this.#database, batch);
    if (committed.ok && batch.append) this.#options.onRows(batch.append);
    return committed;
  }
}

/** What kind of durable step a batch is. */
function nameOf(batch: Batch): string {
  if (batch.append) {
    const types = batch.append.map((text) => /"type":"(\w+)"/.exec(text)?.[1] ?? 'row');
    return `append ${[...new Set(types)].join('+')}`;
  }
  if (batch.removeRowsThrough !== undefined) return 'checkpoint end';
  if (batch.putPages) return 'checkpoint slice';
  if (batch.removePages) return 'sweep';
  return batch.fence !== undefined ? 'take the lead' : 'identity';
}
