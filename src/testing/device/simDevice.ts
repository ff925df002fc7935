import type { Facts } from '../../../store/facts.ts';
import { emptyFacts } from '../../../store/facts.ts';
import { defineModel } from '../../defineModel.ts';
import type { SyncEvent } from '../../events.ts';
import type { OperationHandle } from '../../handles.ts';
import { hydrate } from '../../journal/hydrate.ts';
import { identityCodec } from '../../ports/codec.ts';
import type { TransportFactory } from '../../ports/transport.ts';
import { rest } from '../../rest/rest.ts';
import type { SimDisk } from '../disk/simDisk.ts';
import { SimShelf } from '../disk/simShelf.ts';
import type { SimCredentials } from '../net/simCredentials.ts';
import { type SimNet, simAnswerLimit, simBaseUrl } from '../net/simNet.ts';
import type { Plan, UserStep } from '../plan/plan.ts';
import { openedAt } from '../plan/tabDays.ts';
import { versionField } from '../server/simServer.ts';
import type { World } from '../world/world.ts';
import { BusWeather } from './busWeather.ts';
import { policyOf, touchedField, withClock } from './simPolicies.ts';
import { type Browser, type Life, type SimModels, SimTab, type SimTodo } from './simTab.ts';
import { SimBus, SimLocks } from './simTabs.ts';

/** A write that the app was told is saved. */
export interface Accepted {
  readonly operationId: string;
  readonly recordId: string;
  readonly at: number;
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
  /** A page has died; the disk is as it will be found. */
  readonly crashed: (device: SimDevice) => void;
  /** The app was told that a write is saved. */
  readonly accepted: (device: SimDevice, operationId: string) => void;
  /** The app was told how an operation ended. */
  readonly ended: (device: SimDevice, operationId: string, outcome: string) => void;
}

/** The same of every page: what an app configures has no state. */
const limits = { answer: simAnswerLimit };
const transport = rest({ baseUrl: simBaseUrl, limits });

/** What is done to operations that wait. */
const onWaiting: ReadonlySet<string> = new Set(['cancel', 'retry', 'edit', 'discard']);

/** What is done to a record that is there. */
const onSeen: ReadonlySet<string> = new Set(['update', 'refused', 'remove', 'child', 'dependent']);

/** The field that a tab alone writes: its counter rises in the order of that tab's writes. */
export function ownField(device: number, tab: number): string {
  return tab === 0 ? `d${device}` : `d${device}t${tab}`;
}

/**
 * A device: a disk that lasts, and tabs that share it, with pages that come and go in them. Everything
 * in a page is the kit as it is shipped; only what stands behind the `Env` door is simulated.
 */
export class SimDevice {
  readonly index: number;
  readonly disk: SimDisk;
  readonly tabs: readonly SimTab[];
  /** How messages between the tabs fare. */
  readonly weather: BusWeather;
  readonly accepted: Accepted[] = [];
  /** Writes of which the app was told that they are not saved. */
  readonly refused = new Set<string>();
  readonly events: SyncEvent[] = [];
  /** Endings that were told, by operation. */
  readonly ended = new Map<string, string>();
  signIns = 0;
  /** Null where the plan has none. */
  readonly shelf: SimShelf | null;
  readonly #options: SimDeviceOptions;
  readonly #browser: Browser;
  #writes = 0;

  constructor(options: SimDeviceOptions) {
    this.#options = options;
    const { world, index, plan, net, disk, onError } = options;
    const { ids, onReject, conflict, versioning, tabs = 1 } = plan;
    const references = { parent: 'todo' };
    const policy = conflict && policyOf(conflict);
    const versions = versioning === 'field' && { version: versionField };
    const todo = defineModel<SimTodo>({
      ...{ endpoint: 'todos', ids, onReject, references },
      ...policy,
      ...versions,
    });
    const models: SimModels = { todo };
    this.index = index;
    this.disk = disk;
    this.shelf = plan.shelf ? new SimShelf(world, index) : null;
    this.weather = new BusWeather(world, index);
    const schedule = (delay: number, run: () => void) => void world.schedule(delay, run);
    this.#browser = {
      locks: new SimLocks(schedule),
      bus: new SimBus({ schedule, fate: () => this.weather.fate() }),
      ...{ marks: new Map(), draws: new Map() },
    };
    this.tabs = Array.from({ length: tabs }, (_, number) => {
      return new SimTab({
        ...{ world, device: index, number, isShared: tabs > 1, models, net, onError },
        browser: this.#browser,
        shelf: (deliver, alive) => this.shelf?.ofPage(deliver, alive) ?? null,
        storage: (deliver) => disk.storage(number, deliver),
        endStorage: () => disk.endLife(number),
        transport: (life, alive) => this.#transport(life, alive),
        onEvent: (event) => this.#heard(event),
      });
    });
  }

  get plan(): Plan {
    return this.#options.plan;
  }

  /** Whether it has several tabs. */
  get isShared(): boolean {
    return this.tabs.length > 1;
  }

  /** The page of the tab that leads, or else of the first that runs. */
  get life(): Life | null {
    let first: Life | null = null;
    for (const { isRunning, life } of this.tabs) {
      if (!isRunning || !life) continue;
      if (life.state().ephemeral.role === 'leading') return life;
      first ??= life;
    }
    return first;
  }

  /** Timers of the pages that have not run. */
  get timers(): string[] {
    return this.tabs.flatMap((tab) => tab.timers);
  }

  /** The id of the database as it stands outside of it. */
  get knownDatabase(): string | undefined {
    return this.#browser.marks.get('id');
  }

  /** How often a tab took the lock from another. */
  get steals(): number {
    return this.#browser.locks.steals;
  }

  /** Opens the first page, and soon those of the other tabs. */
  open(): void {
    const { world, plan } = this.#options;
    for (const tab of this.tabs) {
      if (tab.number === 0) {
        tab.open();
        continue;
      }
      world.schedule(openedAt(world.seed, this.index, tab.number, plan.together), () => {
        if (!tab.life) tab.open();
      });
    }
  }

  /** A person has signed in again. */
  signedIn(): void {
    this.signIns++;
    this.#quietly(this.life?.sync.resume());
  }

  /** The usual one where nothing is said of batches and credentials: all pages share it. */
  #transport(life: number, alive: () => boolean): TransportFactory {
    const { credentials, plan } = this.#options;
    const { batch, conflict, versioning } = plan;
    if (conflict === 'lastUpdateWins') return withClock(this.#rest(life, alive));
    const isUsual = batch === undefined && !credentials && !versioning;
    return isUsual ? transport : this.#rest(life, alive);
  }

  #rest(life: number, alive: () => boolean): TransportFactory {
    const { credentials, net, plan } = this.#options;
    const { batch, versioning } = plan;
    const isCut = () => net.isCut(this.index);
    return rest({
      ...{ baseUrl: simBaseUrl, limits },
      ...(batch !== undefined && { batch: { limit: batch } }),
      ...(versioning && { versioning }),
      ...(credentials && {
        auth: {
          token: () => credentials.token(),
          refresh: () => credentials.refresh(life, alive, isCut),
        },
      }),
    });
  }

  #heard(event: SyncEvent): void {
    const { credentials, hooks } = this.#options;
    this.events.push(event);
    if (event.type === 'authRequired') credentials?.wanted();
    if (event.type !== 'settled') return;
    hooks.ended(this, event.operationId, event.outcome);
    this.ended.set(event.operationId, event.outcome);
  }

  /** All pages are gone without a word, or that of one tab; they are opened again. False: there was none. */
  kill(tab: number | null = null): boolean {
    const those = tab === null ? this.tabs : [this.tabs[tab]];
    const gone = those.filter((item) => item?.kill());
    if (gone.length > 0) this.#options.hooks.crashed(this);
    return gone.length > 0;
  }

  /** The run is over: nothing of it may stay among the running syncs of this realm. */
  close(): void {
    for (const tab of this.tabs) tab.close();
  }

  /** What a person does here; false if there is no page to do it in. */
  act(step: UserStep): boolean {
    const tab = this.tabs[step.tab ?? 0];
    if (!tab?.isRunning) return false;
    try {
      this.#act(tab, step);
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
    return this.life?.state().sequenced ?? emptyFacts(['todo']);
  }

  #act(tab: SimTab, step: UserStep): unknown {
    if (!tab.life) return undefined;
    const { sync, state } = tab.life;
    const { todo } = sync.models;
    const id = `r${step.record}`;
    // Costs the whole outbox: asked for where it is needed alone.
    const all = onWaiting.has(step.do) ? sync.outbox.list() : [];
    const waiting = all.filter((item) => item.operation.recordId === id);
    const dead = waiting.find((item) => item.deadLetter)?.operation.id;
    const field = ownField(this.index, tab.number);
    const value = ++this.#writes;
    const written = { [field]: value, ...this.#touched() };
    // People change what they see.
    const isSeen = todo.selectById({ sync: state() }, id) !== undefined;
    if (!isSeen && onSeen.has(step.do)) return undefined;
    switch (step.do) {
      case 'create':
        return this.#wrote(tab, todo.create({ id, title: `t${value}`, ...written }));
      case 'upsert':
        return this.#wrote(tab, todo.upsert({ id, title: `t${value}`, ...written }));
      case 'update':
        return this.#wrote(tab, todo.update(id, { ...written, shared: value }));
      case 'refused':
        return this.#wrote(tab, todo.update(id, { title: '', ...written }));
      case 'child':
        // Named by what it hangs on, so that a plan says all of it.
        return this.#wrote(
          tab,
          todo.create({ id: `${id}-${step.device}-${value}`, title: `t${value}`, parent: id }),
        );
      case 'dependent': {
        const last = tab.lastWrite;
        const dependsOn = last && last.recordId !== id ? { dependsOn: last.operationId } : {};
        return this.#wrote(tab, todo.update(id, { ...written, shared: value }, dependsOn));
      }
      case 'remove':
        return this.#wrote(tab, todo.remove(id));
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
        return this.#quietly(this.#mayAsk(tab) && todo.pull({ full: step.at % 2 === 0 }));
      case 'checkpoint':
        return this.#quietly(this.#mayAsk(tab) && sync.persistor.flush());
      case 'clear':
        tab.lastWrite = null;
        return this.#quietly(sync.clear({ unsent: 'discard' }));
      case 'reload':
        return this.kill(tab.number);
    }
  }

  /** When it was changed, where that decides. */
  #touched(): { readonly [touchedField]?: number } {
    const { world, plan } = this.#options;
    return plan.conflict === 'lastUpdateWins' ? { [touchedField]: world.now } : {};
  }

  #wrote(tab: SimTab, { id, operationId, saved }: OperationHandle<SimTodo>): void {
    const { world, hooks } = this.#options;
    const { unsaved } = tab;
    tab.lastWrite = { operationId, recordId: id };
    unsaved.add(operationId);
    saved.then(
      () => {
        unsaved.delete(operationId);
        this.accepted.push({ operationId, recordId: id, at: world.now });
        hooks.accepted(this, operationId);
      },
      (error: unknown) => {
        unsaved.delete(operationId);
        if ((error as { code?: unknown }).code === 'notSaved') this.refused.add(operationId);
      },
    );
  }

  /** What a person asked for and may be refused later. */
  #quietly(work: unknown): void {
    if (work instanceof Promise) work.catch(() => {});
  }

  /** Whether a page may pull and checkpoint: what is asked for before that waits, and is done later. */
  #mayAsk({ life }: SimTab): boolean {
    const role = life?.state().ephemeral.role;
    return role === 'leading' || role === 'following';
  }
}
