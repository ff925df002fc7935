import type { Explanation } from '../../../store/explanation.ts';
import { sameJson } from '../../../store/json.ts';
import { nothingShared, type Shared, type SyncState } from '../../../store/slice.ts';
import type { SyncEvents } from '../../events.ts';
import type { Codec } from '../../ports/codec.ts';
import type { Env, TimerHandle } from '../../ports/env.ts';
import { type Call, Calls } from '../../tabs/calls.ts';
import { Channel } from '../../tabs/channel.ts';
import { LeaderWord } from '../../tabs/leaderWord.ts';
import type { Heard, LeaderEvent, Led, TabMessage } from '../../tabs/messages.ts';
import type { Ground } from '../ground/ground.ts';
import type { Roles } from './roles.ts';
import type { Stuck } from './watchdog.ts';

/** Looks in a row without a sign after which nothing is known of the leader. */
const silentLooks = 2;
/**
 * ms between two looks of a leader at the journal, where others were heard of: one of them may have
 * written, and hung or died before it could say so.
 */
const lookInterval = 15_000;

export interface OtherTabsOptions {
  readonly env: Env;
  readonly name: string;
  readonly codec: Codec;
  readonly roles: Roles;
  readonly ground: Ground;
  readonly events: SyncEvents;
  readonly state: () => SyncState;
  readonly leaderTold: (shared: Shared) => void;
  readonly explain: (model: string, recordId: string) => Explanation;
  readonly perform: (call: Call) => Promise<unknown>;
  readonly isLeading: () => boolean;
  /** The leader lives, or another tab is about to take its place. */
  readonly onSign: () => void;
  /** Another tab leads by now, while this one believes that it does. */
  readonly onFenced: () => void;
}

/**
 * What this tab says to the others, and what it makes of what they say. Everything that is heard is a
 * hint: it makes this tab look at the disk, or show what a leader says of itself; it is no fact.
 */
export class OtherTabs {
  readonly #options: OtherTabsOptions;
  readonly #channel: Channel;
  readonly #word: LeaderWord;
  readonly #calls: Calls;
  /** There are none, as far as this tab has heard. */
  #others: 'none' | 'heard' = 'none';
  #timer: TimerHandle | null = null;

  constructor(options: OtherTabsOptions) {
    this.#options = options;
    const { env, name, codec, roles, ground, state, perform, isLeading } = options;
    const post = (message: TabMessage) => this.#channel.post(message);
    const head = () => ground.facts.head;
    this.#channel = new Channel(env, name, (message) => this.#heard(message));
    this.#word = new LeaderWord({
      ...{ env, head, post },
      isHeard: () => this.#channel.isOpen,
      fence: () => ground.fence,
      isPaused: () => roles.isPaused,
      shared: () => state().ephemeral,
    });
    this.#calls = new Calls({
      ...{ env, codec, post, head, perform, isLeading },
      connection: () => ground.connection,
      readOn: () => ground.readOn(),
    });
  }

  /** Whether anything can be heard. */
  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  open(): void {
    this.#channel.open();
  }

  /** Own rows are on the disk, up to `head`. */
  appended(head: number): void {
    this.#channel.post({ type: 'appended', head });
  }

  /** This tab takes the lead from one that is taken for gone. */
  stealing(): void {
    this.#others = 'heard';
    this.#channel.post({ type: 'stealing' });
  }

  /** This tab leads from here on. */
  lead(): void {
    this.#word.say();
    this.#calls.lead();
    if (this.#others === 'heard') this.#lookLater();
  }

  /** What a leader tells of itself has changed. */
  changed(): void {
    this.#word.changed();
  }

  /** An event that only a leader can know of: for this tab's app, and for the others'. */
  emit(event: Exclude<LeaderEvent, { type: 'stuck' }>): void {
    this.#options.events.emit(event);
    this.#word.tell(event);
  }

  /** The others explain it themselves: words of a server are not sent around. */
  stuck({ explanation, ...stuck }: Stuck): void {
    this.#options.events.emit({ type: 'stuck', ...stuck, explanation });
    this.#word.tell({ type: 'stuck', ...stuck });
  }

  /** Has the leader do it. */
  call(call: Call): Promise<unknown> {
    return this.#calls.ask(call);
  }

  /** Asks whether anybody leads. */
  ask(): void {
    const { isLeading, ground } = this.#options;
    if (!isLeading()) this.#channel.post({ type: 'asked', head: ground.facts.head });
  }

  /** A follower's look at the leader; `missed`: looks in a row without a sign. */
  look(missed: number): void {
    const { ground, leaderTold, env } = this.#options;
    if (missed > 0) this.ask();
    if (missed === silentLooks) leaderTold(nothingShared);
    this.#calls.again();
    // Where nothing can be heard of the others, the disk is asked.
    if (!this.isOpen) ground.readOn().catch(env.report);
  }

  /** The database is another one. */
  forget(): void {
    this.#word.forget();
  }

  /** This tab has nothing to tell of the lead any more. */
  rest(): void {
    this.#word.stop();
    if (this.#timer !== null) this.#options.env.clearTimer(this.#timer);
    this.#timer = null;
  }

  close(): void {
    this.#channel.close();
  }

  /** Nobody waits for an answer any more. */
  end(error: Error): void {
    this.#calls.end(error);
    this.close();
  }

  #heard(message: TabMessage): void {
    const { isLeading, onSign, env } = this.#options;
    this.#others = 'heard';
    if (isLeading()) this.#lookLater();
    switch (message.type) {
      case 'appended':
        this.#readTo(message.head);
        return;
      case 'asked':
        if (isLeading()) this.#word.say();
        this.#readTo(message.head);
        return;
      case 'led':
      case 'heard':
        this.#believed(message).catch(env.report);
        return;
      case 'stealing':
        onSign();
        return;
      case 'called':
        this.#calls.called(message.id);
        return;
      case 'answered':
        this.#calls.answered(message.id);
        return;
    }
  }

  #lookLater(): void {
    const { env, isLeading, ground } = this.#options;
    this.#timer ??= env.setTimer(
      lookInterval,
      () => {
        this.#timer = null;
        if (!isLeading()) return;
        if (ground.isRead) ground.readOn().catch(env.report);
        this.#lookLater();
      },
      'watch',
    );
  }

  #readTo(head: number): void {
    const { ground, env } = this.#options;
    if (ground.isRead && head > ground.facts.head) ground.readOn().catch(env.report);
  }

  /** Whether an epoch has begun stands in the database, whatever a message says. */
  async #believed(message: Led | Heard): Promise<void> {
    const { ground, onFenced } = this.#options;
    const isNext = this.#word.isOfNext(message);
    if (isNext && message.fence > (await ground.diskFence())) return;
    if (ground.fence !== null) {
      if (message.fence > ground.fence) onFenced();
    } else if (this.#word.isNews(message)) {
      if (message.type === 'led') this.#led(message);
      else this.#told(message.event);
    }
  }

  #led({ head, paused, shared }: Led): void {
    const { roles, state, leaderTold, onSign } = this.#options;
    onSign();
    this.#readTo(head);
    const now = state().ephemeral;
    const isSame = (Object.keys(nothingShared) as (keyof Shared)[]).every((part) =>
      sameJson(now[part] as never, shared[part] as never),
    );
    if (!isSame) leaderTold(shared);
    if (paused !== roles.isPaused) roles.send(paused ? 'pauseTold' : 'resumeTold');
  }

  #told(event: LeaderEvent): void {
    const { events, explain } = this.#options;
    if (event.type !== 'stuck') events.emit(event);
    else events.emit({ ...event, explanation: explain(event.model, event.recordId) });
  }
}
