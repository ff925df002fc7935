import { configureStore } from '@reduxjs/toolkit';
import type { AnyActorRef } from 'xstate';
import type { SyncState } from '../../../store/slice.ts';
import { createSync, type Sync } from '../../createSync.ts';
import { defineModel, type ModelDefinition } from '../../defineModel.ts';
import type { Env } from '../../ports/env.ts';
import type { Storage, StorageConnection } from '../../ports/storage.ts';
import { rest } from '../../rest/rest.ts';
import type { SimDisk } from '../disk/simDisk.ts';
import { type SimNet, simBaseUrl } from '../net/simNet.ts';
import { keyed, keyedBelow, keyedUuid } from '../world/keyed.ts';
import type { Scheduled, World } from '../world/world.ts';

export interface SoakTodo {
  readonly id: string;
  readonly title?: string;
  readonly [field: string]: unknown;
}

/** The app in its page. */
export interface SoakPage {
  readonly sync: Sync<{ readonly todo: ModelDefinition<SoakTodo> }, 'sync'>;
  readonly state: () => SyncState;
}

/** What a page holds of the platform: bounded while it runs, nothing once it was stopped. */
export interface Held {
  readonly timers: number;
  readonly requests: number;
  readonly listeners: number;
  /** XState actors that run. */
  readonly actors: number;
}

export interface SoakDeviceOptions {
  readonly world: World;
  readonly index: number;
  readonly net: SimNet;
  readonly disk: SimDisk;
  readonly ids: 'client' | 'server';
  /** What the page could tell nobody: a mistake of the kit. */
  readonly onError: (error: unknown) => void;
}

/** ms between a crash and the next start, at most. */
const longestPause = 30_000;

/**
 * A device that is used for a long time: it sleeps (timers freeze, answers wait), it counts what the
 * page holds of the platform, and it keeps no history of its own that would grow.
 */
export class SoakDevice {
  readonly disk: SimDisk;
  readonly index: number;
  readonly #options: SoakDeviceOptions;
  readonly #marks = new Map<string, string>();
  readonly #draws = new Map<string, number>();
  #life = 0;
  #page: SoakPage | null = null;
  #timers = new Map<number, Scheduled>();
  #timerIds = 0;
  #requests = 0;
  #resumes = new Set<() => void>();
  #hints = new Set<(hint: 'present' | 'absent') => void>();
  #actors = new Set<AnyActorRef>();
  /** Asleep: what is due waits for this. */
  #night: { readonly over: Promise<void>; readonly end: () => void } | null = null;

  constructor(options: SoakDeviceOptions) {
    this.#options = options;
    this.disk = options.disk;
    this.index = options.index;
  }

  get page(): SoakPage | null {
    return this.#page;
  }

  get isAsleep(): boolean {
    return this.#night !== null;
  }

  /** Pages opened so far. */
  get lives(): number {
    return this.#life;
  }

  held(): Held {
    for (const actor of this.#actors) {
      if (actor.getSnapshot().status !== 'active') this.#actors.delete(actor);
    }
    return {
      timers: this.#timers.size,
      requests: this.#requests,
      listeners: this.#resumes.size + this.#hints.size,
      actors: this.#actors.size,
    };
  }

  open(): void {
    const { world, index, ids, onError } = this.#options;
    const life = ++this.#life;
    this.#timers = new Map();
    this.#resumes = new Set();
    this.#hints = new Set();
    this.#actors = new Set();
    this.#requests = 0;
    const actors = this.#actors;
    const sync = createSync({
      name: `soak-${world.seed}-${index}-${life}`,
      models: { todo: defineModel<SoakTodo>({ endpoint: 'todos', ids }) },
      transport: rest({ baseUrl: simBaseUrl }),
      storage: this.#storage(),
      env: this.#env(life),
      inspect: (event) => {
        if (event.type === '@xstate.actor') actors.add(event.actorRef as AnyActorRef);
      },
    });
    const store = configureStore({
      reducer: { [sync.reducerPath]: sync.reducer },
      devTools: false,
      middleware: (defaults) =>
        defaults({ immutableCheck: false, serializableCheck: false }).concat(sync.middleware),
    });
    sync.events.on('illegalRow', (event) => onError(new Error(`an illegal row: ${event.reason}`)));
    sync.events.on('dataLoss', () => onError(new Error('a database was reported as lost')));
    this.#page = { sync, state: () => store.getState().sync };
    sync.start();
  }

  /** The page is gone without a word; it is opened again a little later, or in the morning. */
  kill(): void {
    if (!this.#page) return;
    const { world, index } = this.#options;
    const { sync } = this.#page;
    this.#page = null;
    this.#life++;
    this.disk.endLife();
    for (const event of this.#timers.values()) world.cancel(event);
    // Only what the process would lose with it: its place among the running syncs of this realm.
    sync.stop().catch(() => {});
    const pause = 10 + keyedBelow(world.seed, `pause/${index}/${this.#life}`, longestPause);
    world.schedule(pause, () => this.#awake().then(() => this.open()));
  }

  /** The page is left as an app leaves it that stops the kit first. */
  reload(): void {
    this.#reload().catch(this.#options.onError);
  }

  async #reload(): Promise<void> {
    const life = this.#life;
    await this.#page?.sync.stop();
    // It may have died meanwhile; then it is opened again anyway.
    if (this.#life !== life || !this.#page) return;
    const left = this.held();
    if (Object.values(left).some((count) => count > 0)) {
      this.#options.onError(new Error(`a page that was stopped holds ${JSON.stringify(left)}`));
    }
    this.#page = null;
    this.disk.endLife();
    this.open();
  }

  /** The lid is closed: no timer fires, no answer is heard. */
  sleep(): void {
    if (this.#night) return;
    let end: () => void = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#night = { over, end };
  }

  /** The lid is opened: what is due happens, and the page is told that it is shown again. */
  wake(): void {
    this.#night?.end();
    this.#night = null;
    for (const listener of this.#resumes) listener();
  }

  /** The platform's word on the network. */
  hint(hint: 'present' | 'absent'): void {
    for (const listener of this.#hints) listener(hint);
  }

  #awake(): Promise<void> {
    return this.#night?.over ?? Promise.resolve();
  }

  #draw(label: string): string {
    const n = (this.#draws.get(label) ?? 0) + 1;
    this.#draws.set(label, n);
    return `${label}/${this.index}/${n}`;
  }

  /** The simulated disk, whose answers wait while the device sleeps. */
  #storage(): Storage {
    const { kind, open } = this.disk.storage();
    const held = <T>(work: Promise<T>): Promise<T> => work.finally(() => this.#awake());
    return {
      kind,
      open: async (name) => {
        const inner = await open(name);
        return {
          commit: (batch, onCommitting) => held(inner.commit(batch, onCommitting)),
          readRows: (after, limit) => held(inner.readRows(after, limit)),
          readPages: (keys) => held(inner.readPages(keys)),
          pageKeys: () => held(inner.pageKeys()),
          readMeta: (keys) => held(inner.readMeta(keys)),
          position: () => held(inner.position()),
          close: () => inner.close(),
        } satisfies StorageConnection;
      },
    };
  }

  #env(life: number): Env {
    const { world, net, index, onError } = this.#options;
    const { seed } = world;
    const timers = this.#timers;
    const [resumes, hints] = [this.#resumes, this.#hints];
    const alive = () => this.#life === life;
    const send = net.fetch(index, alive);
    return {
      now: () => world.now,
      setTimer: (delay, callback) => {
        const id = ++this.#timerIds;
        const ring = () => {
          if (!timers.delete(id)) return;
          if (alive()) callback();
        };
        const due = () => (this.#night ? void this.#night.over.then(ring) : ring());
        timers.set(id, world.schedule(delay, due));
        return id;
      },
      clearTimer: (id) => {
        const event = timers.get(id);
        if (event !== undefined) world.cancel(event);
        timers.delete(id);
      },
      random: (label) => keyed(seed, this.#draw(label)),
      uuid: () => keyedUuid(seed, this.#draw('uuid')),
      recordId: () => keyedUuid(seed, this.#draw('recordId')),
      fetch: async (url, init) => {
        if (alive()) this.#requests++;
        try {
          return await send(url, init);
        } finally {
          if (alive()) this.#requests--;
          await this.#awake();
        }
      },
      indexedDB: undefined,
      lock: (_, on) => {
        on.held({ release: () => {} });
        return () => {};
      },
      openChannel: () => null,
      readMark: (key) => this.#marks.get(key.slice(key.lastIndexOf('/'))),
      writeMark: (key, value) => void this.#marks.set(key.slice(key.lastIndexOf('/')), value),
      networkHint: () => 'present',
      onNetworkHint: (listener) => {
        hints.add(listener);
        return () => hints.delete(listener);
      },
      onResume: (listener) => {
        resumes.add(listener);
        return () => resumes.delete(listener);
      },
      onPageLife: () => () => {},
      breathe: () => new Promise((resolve) => void world.schedule(0, () => alive() && resolve())),
      report: onError,
    };
  }
}
