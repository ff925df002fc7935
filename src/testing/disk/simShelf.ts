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

/** ms that a write, or a look, takes. */
const slow = 2;
const quick = 1;

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
  /** Files that were removed so far. */
  removals = 0;

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
    return [...this.#files.values()].map(({ text }) => text);
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
      read: (name) => later(quick, () => files.get(name)?.text ?? ''),
      append: (name, text) => this.#append(name, text, deliver, alive),
      release: async (name) => {
        const file = files.get(name);
        if (file?.isHeld === alive) file.isHeld = nobody;
      },
      remove: (name) =>
        later(quick, () => {
          if (isOthers(files.get(name))) return false;
          if (files.delete(name)) this.removals++;
          return true;
        }),
      close: async () => {
        for (const file of files.values()) if (file.isHeld === alive) file.isHeld = nobody;
      },
    };
  }

  #append(
    name: string,
    text: string,
    deliver: (run: () => void) => void,
    alive: () => boolean,
  ): Promise<void> {
    const { seed } = this.#world;
    const n = ++this.#appends;
    return new Promise((resolve, reject) => {
      this.#world.schedule(slow, () => {
        const file = this.#files.get(name) ?? { text: '', isHeld: alive };
        if (file.isHeld !== alive && file.isHeld()) {
          deliver(() => reject(new StorageError('failed', 'another page writes to it')));
          return;
        }
        this.#files.set(name, file);
        file.isHeld = alive;
        if (alive()) {
          file.text += text;
          this.#world.note(`shelf ${this.#device} ${n}`);
          deliver(resolve);
          return;
        }
        // It died meanwhile: how far the system had come is anybody's guess.
        const drawn = keyed(seed, `shelf/${this.#device}/${n}`) * 1.5 - 0.25;
        file.text += text.slice(0, Math.floor(Math.max(0, Math.min(1, drawn)) * text.length));
      });
    });
  }
}
