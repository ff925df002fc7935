import type { SyncOptions } from 'syncharts';
import type { Auth } from 'syncharts/rest';
import type { Device } from '../../demo/app/createDevice.ts';
import { FullShelf } from './fullShelf.ts';
import { Network } from './network.ts';
import { openPageLife, type PageLife } from './pageLife.ts';
import { serverHandlers } from './serverHandlers.ts';
import { SlowDisk } from './slowDisk.ts';
import { createStoryDevice } from './storyDevice.ts';
import { StoryServer } from './storyServer.ts';

type Options = SyncOptions<Record<string, never>>;

/** What a story's device differs in (`parameters.world`). */
export interface WorldOptions {
  readonly backoff?: Options['backoff'];
  readonly network?: Options['network'];
  readonly auth?: Auth;
  /** `kept`: what waits stands outside of the database too. */
  readonly shelf?: 'kept';
  /** Before the device opens: what the server has already, say. */
  readonly prepare?: (world: World) => void;
}

/** All that a story has to itself: a server, a network, a disk, and a device on them. */
export class World {
  readonly server = new StoryServer();
  readonly network = new Network();
  readonly disk = new SlowDisk();
  readonly shelf = new FullShelf();
  /** Also the name of its database. */
  readonly name = `story-${crypto.randomUUID()}`;
  readonly handlers: ReturnType<typeof serverHandlers>;
  readonly #options: WorldOptions;
  readonly #baseUrl: string;
  readonly #listeners = new Set<() => void>();
  #life: PageLife;
  #device: Device;
  /** How often the page was opened. */
  opened = 1;

  constructor(options: WorldOptions) {
    this.#options = options;
    // Nobody lives there: what the worker does not answer reaches nothing.
    this.#baseUrl = `https://${this.name}.example`;
    this.handlers = serverHandlers(this.#baseUrl, this.server, this.network);
    options.prepare?.(this);
    this.#life = openPageLife(this.network);
    this.#device = this.#create();
  }

  /** For the frame around a story; a story itself has `sync`. */
  readonly device = (): Device => this.#device;

  /** What an app would call. */
  get sync(): Device['sync'] {
    return this.#device.sync;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Does nothing while it runs. */
  start(): void {
    this.sync.start();
  }

  /** The page is gone: what was under way to it is lost. The disk stays. */
  async kill(): Promise<void> {
    this.#life.end();
    await this.sync.stop();
  }

  /** The page is opened again, on the same disk. */
  reopen(): void {
    this.#life = openPageLife(this.network);
    this.#device = this.#create();
    this.opened++;
    for (const listener of this.#listeners) listener();
    this.start();
  }

  async close(): Promise<void> {
    this.disk.release();
    await this.kill();
    indexedDB.deleteDatabase(`syncharts/${this.name}`);
  }

  #create(): Device {
    const { auth, network, backoff, shelf } = this.#options;
    return createStoryDevice({
      ...{ name: this.name, baseUrl: this.#baseUrl },
      ...{ env: this.#life.env, storage: this.disk.storage },
      ...{ auth, network, backoff, ...(shelf && this.shelf) },
    });
  }
}

/** By the signal of the showing that each belongs to. */
const worlds = new WeakMap<AbortSignal, World>();

interface Showing {
  readonly abortSignal: AbortSignal;
  readonly parameters: { readonly world?: WorldOptions };
}

/**
 * A loader: each story, each time it is shown, has a world of its own. Loaders run again when the
 * toolbar is used; it is the same showing then, and the same world.
 */
export function openWorld({ abortSignal, parameters }: Showing) {
  const world = worlds.get(abortSignal) ?? new World(parameters.world ?? {});
  worlds.set(abortSignal, world);
  return { world };
}

/** The world that `openWorld` has opened. */
export function worldOf(loaded: Readonly<Record<string, unknown>>): World {
  const { world } = loaded;
  if (world instanceof World) return world;
  throw new Error('This story has no world: the preview’s loader opens one.');
}
