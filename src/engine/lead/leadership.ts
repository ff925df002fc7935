import type { ConnectionState } from '../../../machines/connection.ts';
import type { Explanation } from '../../../store/explanation.ts';
import type { Facts, OriginPause } from '../../../store/facts.ts';
import {
  type LineFacts,
  nothingShared,
  type Shared,
  type SyncState,
} from '../../../store/slice.ts';
import type { SyncEvents } from '../../events.ts';
import type { Codec } from '../../ports/codec.ts';
import type { Env } from '../../ports/env.ts';
import type { Call } from '../../tabs/calls.ts';
import { Election } from '../../tabs/election.ts';
import type { Ground } from '../ground/ground.ts';
import type { PullResult } from '../pulls/puller.ts';
import { Duty, type DutyOptions } from './duty.ts';
import { OtherTabs } from './otherTabs.ts';
import type { Roles } from './roles.ts';
import { defaultStuckAfter, Watchdog } from './watchdog.ts';

export interface LeadershipStore {
  readonly state: () => SyncState;
  readonly connectionChanged: (state: ConnectionState) => void;
  readonly lineChanged: (origin: string, line: LineFacts) => void;
  readonly dependentChanged: DutyOptions['onDependent'];
  readonly attempts: DutyOptions['onAttempts'];
  readonly progress: DutyOptions['onProgress'];
  readonly leaderTold: (shared: Shared) => void;
}

type DutyMeans = Pick<
  DutyOptions,
  'transport' | 'models' | 'backoff' | 'index' | 'inspect' | 'network'
>;

export interface LeadershipOptions extends DutyMeans {
  readonly env: Env;
  readonly name: string;
  readonly writer: string;
  readonly codec: Codec;
  readonly roles: Roles;
  readonly ground: Ground;
  readonly events: SyncEvents;
  readonly store: LeadershipStore;
  readonly stuckAfter?: number | undefined;
  readonly explain: (model: string, recordId: string) => Explanation;
  readonly perform: (call: Call) => Promise<unknown>;
  readonly onStorageError: (error: unknown) => void;
  readonly wake: () => void;
}

/**
 * Which of the tabs leads, and what that makes of this one: a leader has a duty to the network and
 * tells the others how it stands; a follower hears that, and asks the leader for what it can't do.
 */
export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #election: Election;
  readonly #others: OtherTabs;
  readonly #watchdog: Watchdog;
  #duty: Duty | null;
  /** What servers had asked of this page when it led last: it may not have come to the disk. */
  #pauses: Pauses = {};

  constructor(options: LeadershipOptions) {
    this.#options = options;
    const { env, name, writer, roles, store } = options;
    this.#election = new Election({
      ...{ env, name, writer },
      hears: () => this.#others.isOpen,
      onHeld: () => this.#lead().catch(env.report),
      onWaiting: () => {
        roles.send('followed');
        this.#follow();
      },
      onLost: () => {
        roles.send('stolen');
        this.#follow();
      },
      onLook: (missed) => this.#others.look(missed),
      onSteal: () => this.#others.stealing(),
    });
    this.#others = new OtherTabs({
      ...options,
      ...{ state: store.state, leaderTold: store.leaderTold },
      isLeading: () => this.isLeading,
      onSign: () => this.#election.sign(),
      onFenced: () => this.fenced(),
    });
    this.#watchdog = new Watchdog({
      ...{ env, budget: options.stuckAfter ?? defaultStuckAfter, explain: options.explain },
      onStuck: (stuck) => this.#others.stuck(stuck),
    });
    this.#duty = this.#makeDuty();
  }

  /** The life of the page begins: whether there is a network is found out while the facts are read. */
  start(): void {
    this.#duty?.start();
  }

  /** The facts are read: this tab hears the others, and stands for the lead. */
  stand(): void {
    const { connection } = this.#options.ground;
    if (!connection) return;
    this.#others.open();
    this.#election.stand(connection);
  }

  get isLeading(): boolean {
    return this.#options.ground.fence !== null && this.#options.roles.role === 'leading';
  }

  /** What there is to do for whoever leads, or comes to; null in a follower. */
  get duty(): Duty | null {
    return this.#duty;
  }

  /** Asks the leader. */
  ask(call: Call): Promise<unknown> {
    return this.#others.call(call);
  }

  /** Own rows are on the disk. */
  appended(head: number): void {
    this.#others.appended(head);
  }

  /** While this tab leads: rows have touched these lanes; null: all of them. */
  touched(facts: Facts, lanes: ReadonlySet<string> | null): void {
    if (lanes) this.#watchdog.update(facts, lanes);
    else if (this.#watchdog.isOn) this.#watchdog.rebuild(facts);
  }

  /** A person wants to try now. */
  resumed(): void {
    const { store } = this.#options;
    // A reset of the DevTools took what this page has said of itself, too.
    if (this.#duty) store.connectionChanged(this.#duty.connection);
    this.#duty?.resume();
    this.#others.changed();
  }

  /** What the leader tells the others has changed. */
  changed(): void {
    this.#others.changed();
  }

  /** Storage answers again: what it was before, unless that has changed meanwhile. */
  recovered(): void {
    const { roles, ground } = this.#options;
    this.#watchdog.released();
    if (ground.fence !== null) roles.send('elected');
    else if (!this.#election.isOut && !this.#election.isHeld) roles.send('followed');
  }

  /** Another leader has raised the fence. */
  fenced(): void {
    this.#options.roles.send('fenced');
    this.#follow();
    this.#election.overtaken();
  }

  /** The database is another one. */
  replaced(): void {
    this.#others.forget();
    this.#duty?.wantAll();
    this.#options.wake();
  }

  /** A newer build has taken the database: this tab stands for nothing any more. */
  outdated(): void {
    this.#leave();
    this.#options.roles.send('outdated');
  }

  /** The page is about to be frozen: a held lock or an open channel may keep it from that. */
  freeze(): void {
    const { roles, ground, env } = this.#options;
    roles.send('frozen');
    this.#leave();
    this.#others.close();
    ground.release().catch(env.report);
  }

  /** It is back, and knows nothing of the time between. */
  thaw(): void {
    const { roles, ground } = this.#options;
    roles.send('thawed');
    if (!ground.isRead || roles.role === 'readOnly' || roles.role === 'stopped') return;
    this.stand();
    ground.readOn().catch(this.#options.env.report);
  }

  /** The page is shown again. */
  shown(): void {
    const { ground, env } = this.#options;
    this.#duty?.shown();
    if (!ground.isRead) return;
    ground.readOn().catch(env.report);
    this.#others.ask();
  }

  /** Nothing is sent or pulled any more. */
  rest(): void {
    this.#duty?.stop();
    this.#others.rest();
    this.#watchdog.stop();
  }

  /** Gives the lead away; what is open is told `error`. */
  end(error: Error): void {
    this.rest();
    this.#duty = null;
    this.#options.ground.leaveLead();
    this.#election.leave();
    this.#others.end(error);
  }

  async #lead(): Promise<void> {
    const { roles, ground, store, index, wake, onStorageError } = this.#options;
    const isTaken = await ground.takeLead(() => this.#election.isHeld);
    if (!isTaken) return;
    index.rebuild(ground.facts);
    if (!this.#duty) {
      store.leaderTold(nothingShared);
      this.#duty = this.#makeDuty();
      this.#duty.start();
    }
    roles.send('elected');
    this.#watchdog.rebuild(ground.facts);
    this.#duty.begin(longest(this.#pauses, ground.facts.origins));
    this.#others.lead();
    wake();
    await ground.tidy().catch(onStorageError);
  }

  /** Another tab leads: what was under way here is its work now. */
  #follow(): void {
    this.#retire();
    this.#others.ask();
  }

  #leave(): void {
    this.#retire();
    this.#election.leave();
  }

  #retire(): void {
    const { ground, store } = this.#options;
    if (this.#duty) this.#pauses = this.#duty.pauses;
    this.rest();
    this.#duty = null;
    ground.leaveLead();
    store.leaderTold(nothingShared);
  }

  #makeDuty(): Duty {
    const { ground, store, env, onStorageError, wake, ...means } = this.#options;
    const { transport, models, backoff, index, inspect, network } = means;
    // What a duty that was given up still tells is nobody's.
    const current = <A extends readonly unknown[]>(tell: (...args: A) => void) => {
      return (...args: A) => {
        if (this.#duty !== duty) return;
        tell(...args);
        this.#others.changed();
      };
    };
    const duty: Duty = new Duty({
      ...{ env, transport, models, backoff, index, inspect, network, onStorageError, wake },
      facts: () => ground.facts,
      appendIf: (...rows) => ground.appendIf(...rows),
      mayLeave: () => ground.isKept,
      onConnection: current((state) => {
        store.connectionChanged(state);
        if (state === 'online') this.#watchdog.released();
      }),
      onLine: current((origin, line) => this.#lineChanged(origin, line)),
      onAttempts: current(store.attempts),
      onDependent: current(store.dependentChanged),
      onProgress: current(store.progress),
      onPullEnd: current((result) => this.#pullEnded(result)),
      onMassDelete: current((model, held) =>
        this.#others.emit({ type: 'massDeleteHeld', model, ...held }),
      ),
    });
    return duty;
  }

  #lineChanged(origin: string, line: LineFacts): void {
    this.#options.store.lineChanged(origin, line);
    const { state, failure } = line;
    if (state === 'open' || state === 'renewed') this.#watchdog.released(origin);
    if (state === 'authRequired') this.#others.emit({ type: 'authRequired', origin, failure });
    if (state === 'tripped') this.#others.emit({ type: 'originTripped', origin, failure });
  }

  #pullEnded({ status, model, items, deleted, failure }: PullResult): void {
    if (status === 'done') this.#others.emit({ type: 'pulled', model, items, deleted });
    else if (failure) this.#others.emit({ type: 'pullFailed', model, failure });
  }
}

type Pauses = Readonly<Record<string, OriginPause>>;

/** Of two pauses of one origin the one that ends later. */
function longest(some: Pauses, others: Pauses): Pauses {
  const all: Record<string, OriginPause> = { ...some };
  for (const [origin, pause] of Object.entries(others)) {
    if (pause.until >= (all[origin]?.until ?? 0)) all[origin] = pause;
  }
  return all;
}
