import type { Failure } from '../../machines/failure.ts';
import type { LineFacts, Shared } from '../../store/slice.ts';
import type { Env, TimerHandle } from '../ports/env.ts';
import type { LeaderEvent, Led, TabMessage } from './messages.ts';

/** ms that changes are gathered before they are told. */
const gathering = 30;

export interface LeaderWordOptions {
  readonly env: Env;
  /** Whether anybody can hear it. */
  readonly isHeard: () => boolean;
  /** The epoch under which this tab leads; null while it does not. */
  readonly fence: () => number | null;
  readonly head: () => number;
  readonly isPaused: () => boolean;
  readonly shared: () => Shared;
  readonly post: (message: TabMessage) => void;
}

/** What a leader tells its followers of itself, and what a follower makes of what it hears. */
export class LeaderWord {
  readonly #options: LeaderWordOptions;
  #timer: TimerHandle | null = null;
  /** Messages of this epoch. */
  #said = { fence: 0, beat: 0, n: 0 };
  /** The last that was heard. */
  #heard = { fence: 0, beat: 0, n: 0 };

  constructor(options: LeaderWordOptions) {
    this.#options = options;
  }

  /** Something of it has changed. */
  changed(): void {
    const { env, fence, isHeard } = this.#options;
    if (this.#timer !== null || fence() === null || !isHeard()) return;
    this.#timer = env.setTimer(
      gathering,
      () => {
        this.#timer = null;
        this.say();
      },
      'tell',
    );
  }

  /** Tells it now. */
  say(): void {
    const { head, isPaused, shared, post } = this.#options;
    const said = this.#saying();
    if (!said) return;
    said.beat++;
    const { fence, beat } = said;
    const { connection, lines, dependent, underWay, pulls } = shared();
    const told = { connection, lines: withoutWords(lines), dependent, underWay, pulls };
    post({ type: 'led', fence, beat, head: head(), paused: isPaused(), shared: told });
  }

  /** Tells an event of the leader's. */
  tell(event: LeaderEvent): void {
    const said = this.#saying();
    if (!said) return;
    said.n++;
    const bare = 'failure' in event && event.failure ? wordless(event.failure) : null;
    const told = 'failure' in event ? ({ ...event, failure: bare } as LeaderEvent) : event;
    this.#options.post({ type: 'heard', fence: said.fence, n: said.n, event: told });
  }

  /** Whether it is of a leader that was not heard of before. */
  isOfNext({ fence }: Pick<Led, 'fence'>): boolean {
    return fence > this.#heard.fence;
  }

  /** Whether it is news: from no earlier leader, and not told before. */
  isNews({ fence, ...message }: Pick<Led, 'fence'> & { beat?: number; n?: number }): boolean {
    if (fence < this.#heard.fence) return false;
    if (fence > this.#heard.fence) this.#heard = { fence, beat: 0, n: 0 };
    const { beat = 0, n = 0 } = message;
    if (beat <= this.#heard.beat && n <= this.#heard.n) return false;
    this.#heard = { fence, beat: Math.max(beat, this.#heard.beat), n: Math.max(n, this.#heard.n) };
    return true;
  }

  /** The database is another one: its epochs begin anew. */
  forget(): void {
    this.#heard = { fence: 0, beat: 0, n: 0 };
  }

  stop(): void {
    if (this.#timer !== null) this.#options.env.clearTimer(this.#timer);
    this.#timer = null;
  }

  #saying() {
    const fence = this.#options.fence();
    if (fence === null) return null;
    if (fence !== this.#said.fence) this.#said = { fence, beat: 0, n: 0 };
    return this.#said;
  }
}

/** A server's words may hold anything: they stay in the tab that heard them. */
function wordless(failure: Failure): Failure {
  return { ...failure, message: 'told to the leading tab' };
}

function withoutWords(lines: Shared['lines']): Shared['lines'] {
  const told = Object.entries(lines).map(([origin, line]): [string, LineFacts] => [
    origin,
    line.failure ? { ...line, failure: wordless(line.failure) } : line,
  ]);
  return Object.fromEntries(told);
}
