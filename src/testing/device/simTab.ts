import { configureStore, Tuple } from '@reduxjs/toolkit';
import type { SyncState } from '../../../store/slice.ts';
import { createSync, type Sync } from '../../createSync.ts';
import type { ModelDefinition } from '../../defineModel.ts';
import type { SyncEvent } from '../../events.ts';
import type { Env, LockEvents } from '../../ports/env.ts';
import type { Shelf } from '../../ports/shelf.ts';
import type { Storage } from '../../ports/storage.ts';
import type { TransportFactory } from '../../ports/transport.ts';
import type { Page, SimNet } from '../net/simNet.ts';
import { keyed, keyedBelow, keyedUuid } from '../world/keyed.ts';
import type { Scheduled, World } from '../world/world.ts';
import type { SimBus, SimLocks } from './simTabs.ts';

export interface SimTodo {
  readonly id: string;
  readonly title?: string;
  readonly [field: string]: unknown;
}

export type SimModels = { readonly todo: ModelDefinition<SimTodo> };

/** A page: one life of the app in a tab. */
export interface Life {
  readonly sync: Sync<SimModels, 'sync'>;
  readonly state: () => SyncState;
  /** Whether the facts have been read: before that there is nothing to see. */
  isReady: boolean;
}

/** What the tabs of a device have in common, beside its disk. */
export interface Browser {
  readonly locks: SimLocks;
  readonly bus: SimBus;
  readonly marks: Map<string, string>;
  /** Draws so far, by label. */
  readonly draws: Map<string, number>;
}

export interface SimTabOptions {
  readonly world: World;
  readonly device: number;
  readonly number: number;
  /** Whether there are others: one that is alone has a lock for itself, and nobody to talk to. */
  readonly isShared: boolean;
  readonly models: SimModels;
  readonly net: SimNet;
  readonly browser: Browser;
  readonly storage: (deliver: (run: () => void) => void) => Storage;
  /** Null where the device has no second one. */
  readonly shelf: (deliver: (run: () => void) => void, alive: () => boolean) => Shelf | null;
  readonly endStorage: () => void;
  readonly transport: (life: number, alive: () => boolean) => TransportFactory;
  readonly onEvent: (event: SyncEvent) => void;
  readonly onError: (error: unknown) => void;
}

/** ms between the end of a page and the next start, at most. */
const longestPause = 3_000;
/** ms between two moments at which timers of a hidden tab run (Chromium: 1 s, later 1 min). */
const throttles = [1_000, 60_000] as const;

/**
 * A tab and the pages that come and go in it. It can be killed, and it can be stopped: then nothing of
 * what comes from outside (timers, answers, messages, locks) reaches it, it keeps what it has, and
 * goes on one day with its old memory.
 */
export class SimTab {
  readonly number: number;
  /** When it last went on after it had been stopped (virtual ms since 1970). */
  wokeAt = 0;
  /** The last write in this page, for what depends on it. */
  lastWrite: { readonly operationId: string; readonly recordId: string } | null = null;
  /** Writes of this page of which nobody has said yet whether they are saved. */
  readonly unsaved = new Set<string>();
  readonly #options: SimTabOptions;
  #life: Life | null = null;
  #lives = 0;
  #timers = new Map<number, { readonly event: Scheduled; readonly label: string }>();
  /** What waits while it is stopped; null: it runs. */
  #missed: (() => void)[] | null = null;
  #condition: 'running' | 'hung' | 'frozen' | 'waking' = 'running';
  #throttle: number | null = null;
  #onPageLife: ((change: 'frozen' | 'thawed') => void) | null = null;

  constructor(options: SimTabOptions) {
    this.#options = options;
    this.number = options.number;
  }

  get life(): Life | null {
    return this.#life;
  }

  /** Whether there is a page, and it runs. */
  get isRunning(): boolean {
    return this.#life !== null && this.#missed === null;
  }

  /** Whether it goes on again, and has not heard yet of all that came meanwhile. */
  get isWaking(): boolean {
    return this.#condition === 'waking';
  }

  /** The page that is open, among all of its device. */
  get page(): string {
    return `${this.number}/${this.#lives}`;
  }

  /** Timers of the page that have not run. */
  get timers(): string[] {
    return [...this.#timers.values()].map(({ label }) => label);
  }

  /** Whether a timer of the page of one of these names has not run. */
  waitsFor(labels: ReadonlySet<string>): boolean {
    for (const { label } of this.#timers.values()) if (labels.has(label)) return true;
    return false;
  }

  open(): void {
    const { world, device, models, storage, transport, onEvent } = this.#options;
    const life = ++this.#lives;
    this.lastWrite = null;
    this.unsaved.clear();
    const deliver = (run: () => void) => this.#deliver(life, run);
    const shelf = this.#options.shelf(deliver, () => this.#lives === life);
    const sync = createSync({
      name: `sim-${world.seed}-${this.#place}-${life}`,
      models,
      transport: transport(life, () => this.#lives === life),
      storage: storage(deliver),
      ...(shelf && { shelf }),
      env: this.#env(life),
    });
    const store = configureStore({
      reducer: { [sync.reducerPath]: sync.reducer },
      devTools: false,
      middleware: () => new Tuple(sync.middleware),
      enhancers: (defaults) => defaults({ autoBatch: false }),
    });
    sync.events.on('*', onEvent);
    const opened: Life = { sync, state: () => store.getState().sync, isReady: false };
    this.#life = opened;
    sync.start();
    sync.ready.then(() => {
      opened.isReady = true;
    });
    if (this.number > 0) world.note(`open ${device} ${this.number}`);
  }

  /** The page is gone without a word; it is opened again a little later. False: there was none. */
  kill(): boolean {
    if (!this.#life) return false;
    const { world } = this.#options;
    this.#end();
    world.note(`kill ${this.#place}`);
    const pause = 10 + keyedBelow(world.seed, `pause/${this.#place}/${this.#lives}`, longestPause);
    world.schedule(pause, () => this.open());
    return true;
  }

  /** A person closes it: it may say goodbye. False: there is nothing that could. */
  leave(): boolean {
    const life = this.#life;
    if (!life || this.#missed) return false;
    const number = this.#lives;
    const gone = () => {
      if (this.#lives === number) this.kill();
    };
    life.sync.stop().then(gone, gone);
    return true;
  }

  /** The run is over. */
  close(): void {
    if (this.#life) this.#end();
  }

  /** `frozen`: it is told so first. False: it is stopped already, or there is no page. */
  stop(how: 'hung' | 'frozen'): boolean {
    if (!this.isRunning) return false;
    this.#options.world.note(`${how} ${this.#place}`);
    if (how === 'frozen') this.#onPageLife?.('frozen');
    this.#condition = how;
    this.#missed = [];
    return true;
  }

  /** It goes on with what it knows, and what has come meanwhile comes to it one by one. */
  wake(): void {
    const missed = this.#missed;
    if (!missed || this.#condition === 'waking') return;
    const { world } = this.#options;
    world.note(`wake ${this.#place}`);
    if (this.#condition === 'frozen') missed.unshift(() => this.#onPageLife?.('thawed'));
    this.#condition = 'waking';
    const next = (): void => {
      if (this.#missed !== missed) return;
      const run = missed.shift();
      if (run) {
        run();
        world.schedule(0, next);
        return;
      }
      this.#missed = null;
      this.#condition = 'running';
      this.wokeAt = world.now;
    };
    world.schedule(0, next);
  }

  /** Hidden, its timers run at whole seconds or minutes; null: shown again. */
  throttle(how: 'hidden' | 'shown'): boolean {
    const { world } = this.#options;
    const kind = keyedBelow(world.seed, `throttle/${this.#place}`, throttles.length);
    this.#throttle = how === 'hidden' ? (throttles[kind] ?? null) : null;
    return this.#life !== null;
  }

  #end(): void {
    const { world, browser, endStorage } = this.#options;
    const life = this.#life;
    this.#life = null;
    endStorage();
    this.#lives++;
    this.#missed = null;
    this.#condition = 'running';
    this.#onPageLife = null;
    for (const { event } of this.#timers.values()) world.cancel(event);
    this.#timers.clear();
    browser.locks.kill(String(this.number));
    browser.bus.kill(String(this.number));
    // Only what the process would lose with it: its place among the running syncs of this realm.
    life?.sync.stop().catch(() => {});
  }

  /** Single tabs are named by their device alone, so that their draws stay what they were. */
  get #place(): string {
    const { device } = this.#options;
    return this.number === 0 ? `${device}` : `${device}.${this.number}`;
  }

  /** Something comes from outside: to a page that is dead never, to one that is stopped later. */
  #deliver(life: number, run: () => void): void {
    if (this.#lives !== life) return;
    if (this.#missed) this.#missed.push(run);
    else run();
  }

  #draw(label: string): string {
    const { browser, device } = this.#options;
    const n = (browser.draws.get(label) ?? 0) + 1;
    browser.draws.set(label, n);
    return `${label}/${device}/${n}`;
  }

  #setTimer(life: number, delay: number, callback: () => void, label: string): number {
    const { world } = this.#options;
    // A page that is dead waits for nothing.
    if (this.#lives !== life) return 0;
    const drawn = Math.floor(keyed(world.seed, this.#draw('timer')) * 1_000);
    let id = this.#timers.size + world.steps * 1_000 + drawn;
    while (this.#timers.has(id)) id++;
    const unit = this.#throttle;
    const due = unit === null ? delay : Math.ceil((world.now + delay) / unit) * unit - world.now;
    const event = world.schedule(due, () => {
      this.#deliver(life, () => {
        // It may have been cleared while the page was stopped.
        if (this.#timers.delete(id)) callback();
      });
    });
    this.#timers.set(id, { event, label });
    return id;
  }

  #env(life: number): Env {
    const { world, device, net, browser, isShared, onError } = this.#options;
    const { marks, locks, bus } = browser;
    const alive = () => this.#lives === life;
    const deliver = (run: () => void) => this.#deliver(life, run);
    const own = String(this.number);
    const page: Page = { id: this.page, tab: this.number, deliver };
    const lock = locks.of(own);
    const gated = (on: LockEvents): LockEvents => ({
      held: (held) => deliver(() => on.held(held)),
      waiting: () => deliver(() => on.waiting()),
      lost: () => deliver(() => on.lost()),
    });
    const openChannel = bus.of(own);
    return {
      now: () => world.now,
      setTimer: (delay, callback, label) => this.#setTimer(life, delay, callback, label),
      clearTimer: (handle) => {
        const timer = this.#timers.get(handle);
        if (timer !== undefined) world.cancel(timer.event);
        this.#timers.delete(handle);
      },
      random: (label) => keyed(world.seed, this.#draw(label)),
      uuid: () => keyedUuid(world.seed, this.#draw('uuid')),
      recordId: () => keyedUuid(world.seed, this.#draw('recordId')),
      fetch: net.fetch(device, alive, page),
      indexedDB: undefined,
      // The name has the page in it (two syncs of one name can not be in one realm): all mean one.
      lock: isShared
        ? (_, on, how) => lock('lead', gated(on), how)
        : (_, on) => {
            on.held({ release: () => {} });
            return () => {};
          },
      openChannel: isShared
        ? (_, onMessage) => openChannel('tabs', (message) => deliver(() => onMessage(message)))
        : () => null,
      readMark: () => marks.get('id'),
      writeMark: (_, value) => void marks.set('id', value),
      networkHint: () => 'present',
      onNetworkHint: () => () => {},
      onResume: () => () => {},
      onPageLife: (listener) => {
        this.#onPageLife = listener;
        return () => {};
      },
      breathe: () => new Promise((resolve) => void world.schedule(0, () => deliver(resolve))),
      report: onError,
    };
  }
}
