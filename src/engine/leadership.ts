import type { ConnectionState } from '../../machines/connection.ts';
import type { Explanation } from '../../store/explanation.ts';
import type { Facts } from '../../store/facts.ts';
import { sameJson } from '../../store/json.ts';
import { type LineFacts, nothingShared, type Shared, type SyncState } from '../../store/slice.ts';
import type { SyncEvents } from '../events.ts';
import type { Codec } from '../ports/codec.ts';
import type { Env } from '../ports/env.ts';
import { type Call, Calls } from '../tabs/calls.ts';
import { Channel } from '../tabs/channel.ts';
import { Election } from '../tabs/election.ts';
import { LeaderWord } from '../tabs/leaderWord.ts';
import type { Heard, LeaderEvent, Led, TabMessage } from '../tabs/messages.ts';
import { Duty, type DutyOptions } from './duty.ts';
import type { Ground } from './ground.ts';
import type { PullResult } from './puller.ts';
import type { Roles } from './roles.ts';
import { defaultStuckAfter, type Stuck, Watchdog } from './watchdog.ts';

/** Looks in a row without a sign after which nothing is known of the leader. */
const silentLooks = 2;

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
  readonly #channel: Channel;
  readonly #word: LeaderWord;
  readonly #calls: Calls;
  readonly #watchdog: Watchdog;
  #duty: Duty | null;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    const { env, name, writer, codec, roles, ground, store, perform } = options;
    const post = (message: TabMessage) => this.#channel.post(message);
    const head = () => ground.facts.head;
    this.#channel = new Channel(env, name, (message) => this.#heard(message));
    this.#election = new Election({
      ...{ env, name, writer },
      hears: () => this.#channel.isOpen,
      onHeld: () => this.#lead().catch(env.report),
      onWaiting: () => {
        roles.send('followed');
        this.#follow();
      },
      onLost: () => {
        roles.send('stolen');
        this.#follow();
      },
      onLook: (missed) => this.#look(missed),
      onSteal: () => post({ type: 'stealing' }),
    });
    this.#word = new LeaderWord({
      ...{ env, head, post },
      isHeard: () => this.#channel.isOpen,
      fence: () => ground.fence,
      isPaused: () => roles.isPaused,
      shared: () => store.state().ephemeral,
    });
    this.#calls = new Calls({
      ...{ env, codec, post, head, perform },
      connection: () => ground.connection,
      isLeading: () => this.isLeading,
      readOn: () => ground.readOn(),
    });
    this.#watchdog = new Watchdog({
      ...{ env, budget: options.stuckAfter ?? defaultStuckAfter, explain: options.explain },
      onStuck: (stuck) => this.#stuck(stuck),
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
    this.#channel.open();
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
    return this.#calls.ask(call);
  }

  /** Own rows are on the disk. */
  appended(head: number): void {
    this.#channel.post({ type: 'appended', head });
  }

  /** While this tab leads: rows have touched these lanes; null: all of them. */
  touched(facts: Facts, lanes: ReadonlySet<string> | null): void {
    if (lanes) this.#watchdog.update(facts, lanes);
    else if (this.isLeading) this.#watchdog.rebuild(facts);
  }

  /** A person wants to try now. */
  resumed(): void {
    const { store } = this.#options;
    // A reset of the DevTools took what this page has said of itself, too.
    if (this.#duty) store.connectionChanged(this.#duty.connection);
    this.#duty?.resume();
    this.#word.changed();
  }

  /** What the leader tells the others has changed. */
  changed(): void {
    this.#word.changed();
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
    this.#word.forget();
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
    this.#channel.close();
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
    this.#ask();
  }

  /** Nothing is sent or pulled any more. */
  rest(): void {
    this.#duty?.stop();
    this.#word.stop();
    this.#watchdog.stop();
  }

  /** Gives the lead away; what is open is told `error`. */
  end(error: Error): void {
    this.rest();
    this.#duty = null;
    this.#options.ground.leaveLead();
    this.#election.leave();
    this.#calls.end(error);
    this.#channel.close();
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
    this.#duty.begin(ground.facts.origins);
    this.#word.say();
    this.#calls.lead();
    wake();
    await ground.tidy().catch(onStorageError);
  }

  /** Another tab leads: what was under way here is its work now. */
  #follow(): void {
    this.#retire();
    this.#ask();
  }

  #leave(): void {
    this.#retire();
    this.#election.leave();
  }

  #retire(): void {
    const { ground, store } = this.#options;
    this.rest();
    this.#duty = null;
    ground.leaveLead();
    store.leaderTold(nothingShared);
  }

  #ask(): void {
    if (this.isLeading) return;
    this.#channel.post({ type: 'asked', head: this.#options.ground.facts.head });
  }

  #look(missed: number): void {
    const { ground, store, env } = this.#options;
    if (missed > 0) this.#ask();
    if (missed === silentLooks) store.leaderTold(nothingShared);
    this.#calls.again();
    // Where nothing can be heard of the others, the disk is asked.
    if (!this.#channel.isOpen) ground.readOn().catch(env.report);
  }

  #heard(message: TabMessage): void {
    switch (message.type) {
      case 'appended':
        this.#readTo(message.head);
        return;
      case 'asked':
        if (this.isLeading) this.#word.say();
        this.#readTo(message.head);
        return;
      case 'led':
      case 'heard':
        this.#believed(message).catch(this.#options.env.report);
        return;
      case 'stealing':
        this.#election.sign();
        return;
      case 'called':
        this.#calls.called(message.id);
        return;
      case 'answered':
        this.#calls.answered(message.id);
        return;
    }
  }

  #readTo(head: number): void {
    const { ground, env } = this.#options;
    if (ground.isRead && head > ground.facts.head) ground.readOn().catch(env.report);
  }

  /** Whether an epoch has begun stands in the database, whatever a message says. */
  async #believed(message: Led | Heard): Promise<void> {
    const { ground } = this.#options;
    const isNext = this.#word.isOfNext(message);
    if (isNext && message.fence > (await ground.diskFence())) return;
    if (ground.fence !== null) {
      // Somebody else leads by now, and nobody has told.
      if (message.fence > ground.fence) this.fenced();
    } else if (this.#word.isNews(message)) {
      if (message.type === 'led') this.#led(message);
      else this.#heardOf(message.event);
    }
  }

  #led({ head, paused, shared }: Led): void {
    const { roles, store } = this.#options;
    this.#election.sign();
    this.#readTo(head);
    const now = store.state().ephemeral;
    const isSame = (Object.keys(shared) as (keyof Shared)[]).every((part) =>
      sameJson(now[part] as never, shared[part] as never),
    );
    if (!isSame) store.leaderTold(shared);
    if (paused !== roles.isPaused) roles.send(paused ? 'pauseTold' : 'resumeTold');
  }

  /** An event that only a leader can know of: for this tab's app, and for the others'. */
  #emit(event: Exclude<LeaderEvent, { type: 'stuck' }>): void {
    this.#options.events.emit(event);
    this.#word.tell(event);
  }

  /** The others explain it themselves: words of a server are not sent around. */
  #stuck({ explanation, ...stuck }: Stuck): void {
    this.#options.events.emit({ type: 'stuck', ...stuck, explanation });
    this.#word.tell({ type: 'stuck', ...stuck });
  }

  #heardOf(event: LeaderEvent): void {
    const { events, explain } = this.#options;
    if (event.type !== 'stuck') events.emit(event);
    else events.emit({ ...event, explanation: explain(event.model, event.recordId) });
  }

  #makeDuty(): Duty {
    const { ground, store, env, onStorageError, wake, ...means } = this.#options;
    const { transport, models, backoff, index, inspect, network } = means;
    // What a duty that was given up still tells is nobody's.
    const current = <A extends readonly unknown[]>(tell: (...args: A) => void) => {
      return (...args: A) => {
        if (this.#duty !== duty) return;
        tell(...args);
        this.#word.changed();
      };
    };
    const duty: Duty = new Duty({
      ...{ env, transport, models, backoff, index, inspect, network, onStorageError, wake },
      facts: () => ground.facts,
      appendIf: (...rows) => ground.appendIf(...rows),
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
        this.#emit({ type: 'massDeleteHeld', model, ...held }),
      ),
    });
    return duty;
  }

  #lineChanged(origin: string, line: LineFacts): void {
    this.#options.store.lineChanged(origin, line);
    const { state, failure } = line;
    if (state === 'open' || state === 'renewed') this.#watchdog.released(origin);
    if (state === 'authRequired') this.#emit({ type: 'authRequired', origin, failure });
    if (state === 'tripped') this.#emit({ type: 'originTripped', origin, failure });
  }

  #pullEnded({ status, model, items, deleted, failure }: PullResult): void {
    if (status === 'done') this.#emit({ type: 'pulled', model, items, deleted });
    else if (failure) this.#emit({ type: 'pullFailed', model, failure });
  }
}
