import type { Batch, Committed, Storage, StorageConnection } from '../../ports/storage.ts';
import { StorageError } from '../../ports/storage.ts';
import { applyBatch, emptyDatabase, type MemoryDatabase } from '../../storage/memoryDatabase.ts';
import type { DiskFault } from '../plan/plan.ts';
import { keyed, keyedBelow } from '../world/keyed.ts';
import type { World } from '../world/world.ts';

/** A row of the journal as it was written. */
export interface WrittenRow {
  readonly sequence: number;
  readonly text: string;
}

/** Of a row of a build that nobody has written yet. */
export const foreignVersion = 99;

export interface SimDiskOptions {
  readonly world: World;
  readonly device: number;
  /** The fault of the n-th batch, if the plan has one. */
  readonly faultAt: (n: number) => DiskFault | undefined;
  /** The page of this tab dies with this batch; null: those of all tabs do. */
  readonly onKill: (tab: number | null) => void;
  /** Rows as they reach the platter, in order. */
  readonly onRows: (rows: readonly WrittenRow[]) => void;
  /** Whether the plan has it lose what was durable. */
  readonly fallsBack?: boolean;
  /** A batch of this tab's was taken. */
  readonly onTaken?: (tab: number, batch: Batch) => void;
}

/** Transactions that the platter can lose, the last ones. */
export const remembered = 8;

/** A page that uses the disk. */
interface User {
  readonly tab: number;
  readonly life: number;
  /** What the disk says reaches the page when it runs. */
  readonly deliver: (run: () => void) => void;
}

/** ms after which the port reports a disk that hangs. */
const hangs = 30_000;
/** Rows from which a transaction needs an answer before it can ask for the rest, as in a browser. */
const packedFrom = 4;
/** The part of a batch's time after which that answer comes. */
const answered = 0.3;
/** The part of a batch's time after which the system has it; then the platter follows. */
const written = 0.6;

/**
 * A disk behind the storage port. Every batch is one strict transaction that takes virtual time: the
 * system takes it (a page that dies loses it no more, a power cut does), then it reaches the platter
 * together with all that was taken before it, and only then the page is told. Whoever belongs
 * to a page that is dead never hears from it again.
 */
export class SimDisk {
  readonly #options: SimDiskOptions;
  /** What the system has taken: what pages read. */
  #cache: MemoryDatabase = emptyDatabase();
  /** What survives a power cut. */
  #platter: MemoryDatabase = emptyDatabase();
  /** The platter before each of its last transactions, the oldest first; where it may fall back. */
  readonly #past: MemoryDatabase[] = [];
  /** Batches that the system has taken and the platter does not have, in order. */
  #unflushed: Batch[] = [];
  /** Pages so far, by tab. */
  readonly #lives: number[] = [];
  /** Durable steps begun so far, by their kind: what the exhaustive mode counts and names. */
  readonly points: string[] = [];
  /** The rows that each of them was to append. */
  readonly appended: (readonly string[])[] = [];
  /** When each of them began, and when its page heard of it: null if it was dead by then. */
  readonly spans: { readonly from: number; to: number | null }[] = [];
  /** When each read began, and when its page heard of it. */
  readonly reads: { readonly from: number; to: number | null }[] = [];

  constructor(options: SimDiskOptions) {
    this.#options = options;
  }

  /** The storage of the page that begins now. */
  storage(tab = 0, deliver: User['deliver'] = (run) => run()): Storage {
    const user: User = { tab, life: this.endLife(tab), deliver };
    return { kind: 'simulated', open: async () => this.#connection(user) };
  }

  /** The page is dead; what the system has taken reaches the platter without it. */
  endLife(tab = 0): number {
    const life = (this.#lives[tab] ?? 0) + 1;
    this.#lives[tab] = life;
    return life;
  }

  /** What was not on the platter is gone. The page is dead as well: that is for the caller. */
  losePower(): void {
    this.#unflushed = [];
    this.#cache = copyOf(this.#platter);
  }

  /** The same, and of what was on the platter the last so many transactions, if it remembers them. */
  fallBack(count: number): void {
    const before = this.#past.splice(-Math.min(count, this.#past.length))[0];
    if (before) this.#platter = before;
    this.losePower();
  }

  /** What a page would read now, for the invariants: without time or faults. */
  inspect(): StorageConnection {
    return {
      commit: () => Promise.reject(new StorageError('denied', 'only to look at')),
      readRows: async (after, limit) => this.#rowsAfter(after, limit),
      readPages: async (keys) => keys.map((key) => this.#cache.pages.get(key)),
      pageKeys: async () => [...this.#cache.pages.keys()],
      readMeta: async (keys) => keys.map((key) => this.#cache.meta.get(key)),
      position: async () => ({ head: this.#cache.head, fence: this.#cache.fence }),
      close: async () => {},
    };
  }

  /** Whether a text (an operation's id) stands on the platter, in a row or in a page. */
  holds(text: string): boolean {
    const { rows } = this.#platter;
    // It has just been written: the last rows first.
    for (let at = rows.length - 1; at >= 0; at--) if (rows[at]?.text.includes(text)) return true;
    for (const page of this.#platter.pages.values()) if (page.includes(text)) return true;
    return false;
  }

  /** The journal's last sequence. */
  get head(): number {
    return this.#cache.head;
  }

  /** Rows of the journal. */
  get rows(): number {
    return this.#cache.rows.length;
  }

  /** Characters of all that stands on it. */
  get bytes(): number {
    let bytes = 0;
    for (const { text } of this.#cache.rows) bytes += text.length;
    for (const text of this.#cache.pages.values()) bytes += text.length;
    for (const text of this.#cache.meta.values()) bytes += text.length;
    return bytes;
  }

  wipe(): void {
    this.#past.length = 0;
    this.#unflushed = [];
    this.#cache = emptyDatabase();
    this.#platter = emptyDatabase();
  }

  /** Damages the last row: half is gone, or a newer build has written it. Gives it as it was; null: none. */
  corruptLastRow(how: 'cut' | 'foreign'): WrittenRow | null {
    this.#flush();
    const last = this.#cache.rows.at(-1);
    const stored = this.#platter.rows.at(-1);
    if (!last || !stored) return null;
    const before = { ...last };
    const half = last.text.slice(0, Math.floor(last.text.length / 2));
    last.text = how === 'cut' ? half : last.text.replace('"v":1', `"v":${foreignVersion}`);
    stored.text = last.text;
    return before;
  }

  #rowsAfter(after: number, limit: number) {
    return this.#cache.rows.filter((row) => row.sequence > after).slice(0, limit);
  }

  #isAlive({ tab, life }: User): boolean {
    return this.#lives[tab] === life;
  }

  #connection(user: User): StorageConnection {
    const read = <T>(get: () => T): Promise<T> =>
      new Promise((resolve) => {
        const { world, device } = this.#options;
        const span = { from: world.now, to: null as number | null };
        const delay = keyed(world.seed, `read/${device}/${this.reads.push(span)}`);
        const look = () => {
          if (!this.#isAlive(user)) return;
          span.to = world.now;
          const seen = get();
          user.deliver(() => resolve(seen));
        };
        world.schedule(delay, look);
      });
    return {
      commit: (batch, onCommitting) => this.#commit(user, batch, onCommitting),
      readRows: (after, limit) => read(() => this.#rowsAfter(after, limit)),
      readPages: (keys) => read(() => keys.map((key) => this.#cache.pages.get(key))),
      pageKeys: () => read(() => [...this.#cache.pages.keys()]),
      readMeta: (keys) => read(() => keys.map((key) => this.#cache.meta.get(key))),
      position: () => read(() => ({ head: this.#cache.head, fence: this.#cache.fence })),
      close: async () => {},
    };
  }

  #commit(user: User, batch: Batch, onCommitting = () => {}): Promise<Committed> {
    const { world, device, faultAt, onTaken } = this.#options;
    return new Promise((resolve, reject) => {
      if (!this.#isAlive(user)) return;
      const n = this.points.push(nameOf(batch));
      this.appended.push(batch.append ?? []);
      const span = { from: world.now, to: null as number | null };
      this.spans.push(span);
      const end = (tell: () => void) => {
        span.to = world.now;
        user.deliver(tell);
      };
      const fault = faultAt(n);
      const late = () => {
        if (!this.#isAlive(user)) return;
        const committed = applyBatch(this.#cache, batch);
        if (!committed.ok) return;
        this.#unflushed.push(batch);
        onTaken?.(user.tab, batch);
        world.note(`disk ${device} ${n} ${this.points[n - 1]} late`);
        world.schedule(quick, () => this.#flush());
      };
      const quick = 0.5 + keyed(world.seed, `disk/${device}/${n}`) * 2;
      const slow = fault === 'slowDisk' ? 2_000 + keyedBelow(world.seed, `slow/${n}`, 8_000) : 0;
      if (fault === 'hangDisk') {
        const timeout = new StorageError('timeout', 'the disk hangs');
        world.schedule(hangs, () => this.#isAlive(user) && end(() => reject(timeout)));
        // A disk that comes to itself does what it was asked for, though nobody waits for it any more.
        const isDone = batch.append && keyed(world.seed, `late/${device}/${n}`) < 0.5;
        if (isDone) world.schedule(hangs + quick, late);
        return;
      }
      const refuse = (code: 'quota' | 'lost', message: string) =>
        end(() => reject(new StorageError(code, message)));
      const take = () => {
        if (!this.#isAlive(user)) return;
        if (fault === 'quota') return refuse('quota', 'no room');
        if (fault === 'lostBefore') return refuse('lost', 'the handle died');
        if (fault === 'killBefore') return this.#die('kill', user.tab);
        const committed = applyBatch(this.#cache, batch);
        if (committed.ok) {
          this.#unflushed.push(batch);
          onTaken?.(user.tab, batch);
        }
        world.note(`disk ${device} ${n} ${this.points[n - 1]} ${committed.ok}`);
        if (fault === 'powerLossBefore') return this.#die('powerLoss', user.tab);
        world.schedule(quick * (1 - written), () => {
          this.#flush();
          if (!this.#isAlive(user)) return;
          if (fault === 'killAfter') return this.#die('kill', user.tab);
          if (fault === 'powerLossAfter') return this.#die('powerLoss', user.tab);
          if (fault === 'lostAfter') return refuse('lost', 'the handle died');
          end(() => resolve(committed));
        });
      };
      if (!batch.expect && (batch.append?.length ?? 0) < packedFrom) {
        onCommitting();
        world.schedule(slow + quick * written, take);
        return;
      }
      // What was asked is answered first, and the page asks for the rest: one that is frozen meanwhile has
      // broken it off, and does it again once it is thawed.
      world.schedule(slow + quick * answered, () =>
        user.deliver(() => {
          if (!this.#isAlive(user)) return;
          onCommitting();
          world.schedule(quick * (written - answered), take);
        }),
      );
    });
  }

  #die(kind: 'kill' | 'powerLoss', tab: number): void {
    if (kind === 'powerLoss') this.losePower();
    this.#options.onKill(kind === 'kill' ? tab : null);
  }

  /** The platter gets all that the system has taken. */
  #flush(): void {
    for (const batch of this.#unflushed.splice(0)) {
      if (this.#options.fallsBack) {
        this.#past.push(copyOf(this.#platter));
        if (this.#past.length > remembered) this.#past.shift();
      }
      const { head } = applyBatch(this.#platter, batch);
      const texts = batch.append ?? [];
      const first = head - texts.length + 1;
      if (texts.length > 0)
        this.#options.onRows(texts.map((text, i) => ({ sequence: first + i, text })));
    }
  }
}

function copyOf({ rows, head, fence, pages, meta }: MemoryDatabase): MemoryDatabase {
  const copied = rows.map((row) => ({ ...row }));
  return { rows: copied, head, fence, pages: new Map(pages), meta: new Map(meta) };
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
