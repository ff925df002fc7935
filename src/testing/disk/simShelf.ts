import type { Shelf, ShelfConnection, ShelfSizes } from '../../ports/shelf.ts';
import { StorageError } from '../../ports/storage.ts';
import { keyed } from '../world/keyed.ts';
import type { World } from '../world/world.ts';

interface SimFile {
  text: string;
  /** Whether the page that writes to it lives; it holds the file as long. */
  isHeld: () => boolean;
}

const nobody = () => false;

/** ms that a look takes, and a write at least and at most: it may be done before the database's is. */
const quick = 1;
const slow = { least: 0.2, most: 2.2 } as const;

/** Share of what it is told for which a full shelf has room. */
const little = 0.25;

/** So small that files begin anew all the time, in several slices. */
const sizes: ShelfSizes = { idle: 1_500, waiting: 3_000, slice: 800 };

/**
 * A device's second shelf: files that outlive its pages and its database. A page that dies in the
 * middle of a write leaves nothing of it, a beginning, or all of it, by a draw.
 */
export class SimShelf {
  readonly #world: World;
  readonly #device: number;
  readonly #files = new Map<string, SimFile>();
  #appends = 0;
  /** Until when each page's worker writes: one thing after another. */
  readonly #busy = new WeakMap<() => boolean, number>();
  /** Files that were removed so far. */
  removals = 0;
  /** Whether it ever had no room. */
  wasFull = false;
  /** Until then (world's ms) it has no room for most of what it is told. */
  #fullUntil = 0;
  #next: 'works' | 'fails' = 'works';

  constructor(world: World, device: number) {
    this.#world = world;
    this.#device = device;
  }

  /** Bytes of all files. */
  get size(): number {
    return [...this.#files.values()].reduce((sum, { text }) => sum + text.length, 0);
  }

  /** What each file holds. */
  get texts(): string[] {
    return this.files.map(({ text }) => text);
  }

  /** The same, with their names. */
  get files(): { readonly name: string; readonly text: string }[] {
    return [...this.#files].map(([name, { text }]) => ({ name, text }));
  }

  /** For so many ms it has room for little. */
  fill(ms: number): void {
    this.#fullUntil = this.#world.now + ms;
    this.wasFull = true;
  }

  /** What it is told next fails. */
  breakOnce(): void {
    this.#next = 'fails';
  }

  heal(): void {
    this.#fullUntil = 0;
    this.#next = 'works';
  }

  /** Why it does not take what it is told now. */
  #refusal(draw: number): StorageError | null {
    if (this.#next === 'fails') {
      this.#next = 'works';
      return new StorageError('failed', 'it can not be written');
    }
    if (this.#world.now >= this.#fullUntil || draw < little) return null;
    return new StorageError('quota', 'no room');
  }

  /** As a page has it, for as long as that lives. @param deliver tells the page, once it can hear */
  ofPage(deliver: (run: () => void) => void, alive: () => boolean): Shelf {
    return { kind: 'sim', sizes, open: async () => this.#connection(deliver, alive) };
  }

  #connection(deliver: (run: () => void) => void, alive: () => boolean): ShelfConnection {
    const files = this.#files;
    const later = <T>(ms: number, work: () => T): Promise<T> =>
      new Promise((resolve) => {
        this.#world.schedule(ms, () => {
          if (!alive()) return;
          const done = work();
          deliver(() => resolve(done));
        });
      });
    const isOthers = (file: SimFile | undefined) =>
      file !== undefined && file.isHeld !== alive && file.isHeld();
    return {
      list: () =>
        later(quick, () => [...files].map(([name, { text }]) => ({ name, size: text.length }))),
      read: (name, from) => later(quick, () => (files.get(name)?.text ?? '').slice(from)),
      append: (name, text) => this.#append(name, text, deliver, alive),
      cut: (name, size) =>
        later(this.#afterOthers(alive, quick), () => {
          const file = files.get(name);
          if (file) file.text = file.text.slice(0, size);
          this.#world.note(`shelf ${this.#device} cut`);
        }),
      isHeld: (name) => later(quick, () => isOthers(files.get(name))),
      release: async (name) => {
        const file = files.get(name);
        if (file?.isHeld === alive) file.isHeld = nobody;
      },
      remove: (name, size) =>
        later(quick, () => {
          const file = files.get(name);
          if (isOthers(file)) return false;
          if (file && size !== undefined && file.text.length !== size) return false;
          if (files.delete(name)) this.removals++;
          return true;
        }),
      close: async () => {
        for (const file of files.values()) if (file.isHeld === alive) file.isHeld = nobody;
      },
    };
  }

  /** ms from now until that is done which takes so long, behind what the worker has to write already. */
  #afterOthers(page: () => boolean, ms: number): number {
    const { now } = this.#world;
    const end = Math.max(now, this.#busy.get(page) ?? 0) + ms;
    this.#busy.set(page, end);
    return end - now;
  }

  #append(
    name: string,
    text: string,
    deliver: (run: () => void) => void,
    alive: () => boolean,
  ): Promise<number> {
    const { seed } = this.#world;
    const n = ++this.#appends;
    const drawn =
      slow.least + keyed(seed, `shelf/${this.#device}/${n}/ms`) * (slow.most - slow.least);
    return new Promise((resolve, reject) => {
      this.#world.schedule(this.#afterOthers(alive, drawn), () => {
        const file = this.#files.get(name) ?? { text: '', isHeld: alive };
        if (file.isHeld !== alive && file.isHeld()) {
          deliver(() => reject(new StorageError('failed', 'another page writes to it')));
          return;
        }
        const refusal = this.#refusal(keyed(seed, `shelf/${this.#device}/${n}/room`));
        if (refusal && alive()) {
          // All of it or nothing, as far as anybody knows of it.
          deliver(() => reject(refusal));
          return;
        }
        this.#files.set(name, file);
        file.isHeld = alive;
        if (alive()) {
          const before = file.text.length;
          file.text += text;
          this.#world.note(`shelf ${this.#device} ${n}`);
          deliver(() => resolve(before));
          return;
        }
        // It died meanwhile: how far the system had come is anybody's guess.
        const drawn = keyed(seed, `shelf/${this.#device}/${n}`) * 1.5 - 0.25;
        file.text += text.slice(0, Math.floor(Math.max(0, Math.min(1, drawn)) * text.length));
      });
    });
  }
}
