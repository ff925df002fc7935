import { configureStore, Tuple } from '@reduxjs/toolkit';
import type { Facts } from '../../store/facts.ts';
import { emptyFacts } from '../../store/facts.ts';
import type { SyncState } from '../../store/slice.ts';
import { createSync, type Sync } from '../createSync.ts';
import { defineModel, type ModelDefinition } from '../defineModel.ts';
import type { SyncEvent } from '../events.ts';
import type { OperationHandle } from '../handles.ts';
import { hydrate } from '../journal/hydrate.ts';
import { identityCodec } from '../ports/codec.ts';
import type { Env } from '../ports/env.ts';
import type { TransportFactory } from '../ports/transport.ts';
import { rest } from '../rest/rest.ts';
import { keyed, keyedBelow, keyedUuid } from './keyed.ts';
import type { Plan, UserStep } from './plan.ts';
import type { SimCredentials } from './simCredentials.ts';
import type { SimDisk } from './simDisk.ts';
import { type SimNet, simBaseUrl } from './simNet.ts';
import type { World } from './world.ts';

export interface SimTodo {
  readonly id: string;
  readonly title?: string;
  readonly [field: string]: unknown;
}

type Models = { readonly todo: ModelDefinition<SimTodo> };

/** A write that the app was told is saved. */
export interface Accepted {
  readonly operationId: string;
  readonly recordId: string;
  readonly at: number;
}

/** A page: one life of the app on a device. */
interface Life {
  readonly sync: Sync<Models, 'sync'>;
  readonly state: () => SyncState;
  /** Whether the facts have been read: before that there is nothing to see. */
  isReady: boolean;
}

export interface SimDeviceOptions {
  readonly world: World;
  readonly index: number;
  readonly plan: Plan;
  readonly net: SimNet;
  readonly disk: SimDisk;
  readonly credentials?: SimCredentials | undefined;
  readonly onError: (error: unknown) => void;
  readonly hooks: SimDeviceHooks;
}

/** What happens to a device, as it happens. */
export interface SimDeviceHooks {
  /** The page has died; its disk is as it will be found. */
  readonly crashed: (device: SimDevice) => void;
  /** The app was told that a write is saved. */
  readonly accepted: (device: SimDevice, operationId: string) => void;
  /** The app was told how an operation ended. */
  readonly ended: (device: SimDevice, operationId: string, outcome: string) => void;
}

/** The same of every page: what an app configures has no state. */
const transport = rest({ baseUrl: simBaseUrl });

/** What is done to operations that wait. */
const onWaiting: ReadonlySet<string> = new Set(['cancel', 'retry', 'edit', 'discard']);

/** What is done to a record that is there. */
const onSeen: ReadonlySet<string> = new Set(['update', 'refused', 'remove', 'child', 'dependent']);

/** ms between a crash and the next start, at most. */
const longestPause = 3_000;

/**
 * A device: a disk that lasts and pages that come and go on it. Everything in the page is the kit as
 * it is shipped; only what stands behind the `Env` door is simulated.
 */
export class SimDevice {
  readonly index: number;
  readonly disk: SimDisk;
  readonly accepted: Accepted[] = [];
  readonly events: SyncEvent[] = [];
  /** Endings that were told, by operation. */
  readonly ended = new Map<string, string>();
  signIns = 0;
  readonly #options: SimDeviceOptions;
  readonly #models: Models;
  readonly #marks = new Map<string, string>();
  #lives = 0;
  #writes = 0;
  #lastWrite: Pick<Accepted, 'operationId' | 'recordId'> | null = null;
  #life: Life | null = null;
  #timers = new Map<number, { readonly event: number; readonly label: string }>();
  #draws = new Map<string, number>();

  constructor(options: SimDeviceOptions) {
    this.#options = options;
    const { ids, onReject } = options.plan;
    const references = { parent: 'todo' };
    const todo = defineModel<SimTodo>({ endpoint: 'todos', ids, onReject, references });
    this.#models = { todo };
    this.index = options.index;
    this.disk = options.disk;
  }

  get plan(): Plan {
    return this.#options.plan;
  }

  get life(): Life | null {
    return this.#life;
  }

  /** Timers of the page that have not run. */
  get timers(): string[] {
    return [...this.#timers.values()].map(({ label }) => label);
  }

  /** The id of the database as it stands outside of it. */
  get knownDatabase(): string | undefined {
    return this.#marks.get('id');
  }

  /** Opens the page. */
  open(): void {
    const { world } = this.#options;
    this.#lives++;
    this.#lastWrite = null;
    const number = this.#lives;
    const env = this.#env(number);
    const sync = createSync({
      name: `sim-${world.seed}-${this.index}-${number}`,
      models: this.#models,
      transport: this.#transport(number),
      storage: this.disk.storage(),
      env,
    });
    const store = configureStore({
      reducer: { [sync.reducerPath]: sync.reducer },
      devTools: false,
      middleware: () => new Tuple(sync.middleware),
      enhancers: (defaults) => defaults({ autoBatch: false }),
    });
    sync.events.on('*', (event) => {
      this.events.push(event);
      if (event.type === 'authRequired') this.#options.credentials?.wanted();
      if (event.type !== 'settled') return;
      this.#options.hooks.ended(this, event.operationId, event.outcome);
      this.ended.set(event.operationId, event.outcome);
    });
    const life: Life = { sync, state: () => store.getState().sync, isReady: false };
    this.#life = life;
    sync.start();
    sync.ready.then(() => {
      life.isReady = true;
    });
  }

  /** A person has signed in again. */
  signedIn(): void {
    this.signIns++;
    this.#quietly(this.#life?.sync.resume());
  }

  /** The usual one where nothing is said of batches and credentials: all pages share it. */
  #transport(life: number): TransportFactory {
    const { credentials, net, plan } = this.#options;
    const { batch } = plan;
    if (batch === undefined && !credentials) return transport;
    const alive = () => this.#lives === life;
    const isCut = () => net.isCut(this.index);
    return rest({
      baseUrl: simBaseUrl,
      ...(batch !== undefined && { batch: { limit: batch } }),
      ...(credentials && {
        auth: {
          token: () => credentials.token(),
          refresh: () => credentials.refresh(life, alive, isCut),
        },
      }),
    });
  }

  /** The page is gone without a word; it is opened again a little later. False: there was none. */
  kill(): boolean {
    if (!this.#life) return false;
    const { world, hooks } = this.#options;
    const { sync } = this.#life;
    this.#life = null;
    this.disk.endLife();
    this.#lives++;
    for (const { event } of this.#timers.values()) world.cancel(event);
    this.#timers.clear();
    // Only what the process would lose with it: its place among the running syncs of this realm.
    sync.stop().catch(() => {});
    world.note(`kill ${this.index}`);
    const pause = 10 + keyedBelow(world.seed, `pause/${this.index}/${this.#lives}`, longestPause);
    world.schedule(pause, () => this.open());
    hooks.crashed(this);
    return true;
  }

  /** The run is over: nothing of it may stay among the running syncs of this realm. */
  close(): void {
    const life = this.#life;
    this.#life = null;
    this.disk.endLife();
    this.#lives++;
    life?.sync.stop().catch(() => {});
  }

  /** What a person does here; false if there is no page to do it in. */
  act(step: UserStep): boolean {
    const life = this.#life;
    if (!life) return false;
    try {
      this.#act(life, step);
    } catch (error) {
      // Refused at the border: nothing happened.
      if ((error as { name?: unknown }).name !== 'SyncError') this.#options.onError(error);
    }
    return true;
  }

  /** What stands on the disk, read as a new start would read it. */
  async onDisk(): Promise<Facts> {
    const connection = this.disk.inspect();
    const pacing = { now: () => 0, breathe: () => Promise.resolve() };
    const codec = identityCodec;
    const { facts } = await hydrate({ connection, codec, ...pacing, models: ['todo'] });
    return facts;
  }

  get sequenced(): Facts {
    return this.#life?.state().sequenced ?? emptyFacts(['todo']);
  }

  #act({ sync, state }: Life, step: UserStep): unknown {
    const { todo } = sync.models;
    const id = `r${step.record}`;
    // Costs the whole outbox: asked for where it is needed alone.
    const all = onWaiting.has(step.do) ? sync.outbox.list() : [];
    const waiting = all.filter((item) => item.operation.recordId === id);
    const dead = waiting.find((item) => item.deadLetter)?.operation.id;
    const field = `d${this.index}`;
    const value = ++this.#writes;
    // People change what they see.
    const isSeen = todo.selectById({ sync: state() }, id) !== undefined;
    if (!isSeen && onSeen.has(step.do)) return undefined;
    switch (step.do) {
      case 'create':
        return this.#wrote(todo.create({ id, title: `t${value}`, [field]: value }));
      case 'upsert':
        return this.#wrote(todo.upsert({ id, title: `t${value}`, [field]: value }));
      case 'update':
        return this.#wrote(todo.update(id, { [field]: value, shared: value }));
      case 'refused':
        return this.#wrote(todo.update(id, { title: '', [field]: value }));
      case 'child':
        // Named by what it hangs on, so that a plan says all of it.
        return this.#wrote(
          todo.create({ id: `${id}-${step.device}-${value}`, title: `t${value}`, parent: id }),
        );
      case 'dependent': {
        const last = this.#lastWrite;
        const dependsOn = last && last.recordId !== id ? { dependsOn: last.operationId } : {};
        return this.#wrote(todo.update(id, { [field]: value, shared: value }, dependsOn));
      }
      case 'remove':
        return this.#wrote(todo.remove(id));
      case 'cancel':
        return this.#quietly(waiting[0] && sync.outbox.cancel(waiting[0].operation.id));
      case 'retry':
        return this.#quietly(dead && sync.outbox.retry(dead));
      case 'edit':
        return this.#quietly(dead && sync.outbox.edit(dead, { title: 'mended' }));
      case 'discard':
        return this.#quietly(dead && sync.outbox.discard(dead));
      case 'resolve': {
        const parked = sync.conflicts.list().some((conflict) => conflict.recordId === id);
        const choice = step.at % 2 === 0 ? 'keepLocal' : 'keepRemote';
        return this.#quietly(parked && sync.conflicts.resolve(id, choice));
      }
      case 'pull':
        return this.#quietly(
          state().ephemeral.role === 'leading' && todo.pull({ full: step.at % 2 === 0 }),
        );
      case 'checkpoint':
        return this.#quietly(state().ephemeral.role === 'leading' && sync.persistor.flush());
      case 'clear':
        this.#lastWrite = null;
        return this.#quietly(sync.clear({ unsent: 'discard' }));
      case 'reload':
        return this.kill();
    }
  }

  #wrote({ id, operationId, saved }: OperationHandle<SimTodo>): void {
    const { world, hooks } = this.#options;
    this.#lastWrite = { operationId, recordId: id };
    saved.then(
      () => {
        this.accepted.push({ operationId, recordId: id, at: world.now });
        hooks.accepted(this, operationId);
      },
      () => {},
    );
  }

  /** What a person asked for and may be refused later. */
  #quietly(work: unknown): void {
    if (work instanceof Promise) work.catch(() => {});
  }

  #draw(label: string): string {
    const n = (this.#draws.get(label) ?? 0) + 1;
    this.#draws.set(label, n);
    return `${label}/${this.index}/${n}`;
  }

  #env(number: number): Env {
    const { world, net, onError } = this.#options;
    const alive = () => this.#lives === number;
    const setTimer = (delay: number, callback: () => void, label: string) => {
      // A page that is dead waits for nothing.
      if (!alive()) return 0;
      const timer =
        this.#timers.size +
        world.steps * 1_000 +
        Math.floor(keyed(world.seed, this.#draw('timer')) * 1_000);
      let id = timer;
      while (this.#timers.has(id)) id++;
      const event = world.schedule(delay, () => {
        this.#timers.delete(id);
        if (alive()) callback();
      });
      this.#timers.set(id, { event, label });
      return id;
    };
    return {
      now: () => world.now,
      setTimer,
      clearTimer: (handle) => {
        const timer = this.#timers.get(handle);
        if (timer !== undefined) world.cancel(timer.event);
        this.#timers.delete(handle);
      },
      random: (label) => keyed(world.seed, this.#draw(label)),
      uuid: () => keyedUuid(world.seed, this.#draw('uuid')),
      recordId: () => keyedUuid(world.seed, this.#draw('recordId')),
      fetch: net.fetch(this.index, alive),
      indexedDB: undefined,
      lock: (_, on) => {
        on.held({ release: () => {} });
        return () => {};
      },
      openChannel: () => null,
      readMark: () => this.#marks.get('id'),
      writeMark: (_, value) => void this.#marks.set('id', value),
      networkHint: () => 'present',
      onNetworkHint: () => () => {},
      onResume: () => () => {},
      onPageLife: () => () => {},
      breathe: () => new Promise((resolve) => void world.schedule(0, () => alive() && resolve())),
      report: onError,
    };
  }
}
