import { type ActorOptions, type AnyActorLogic, createActor } from 'xstate';
import { type Backoff, backoffDelay } from '../../../machines/backoff.ts';
import { type ConnectionState, connectionMachine } from '../../../machines/connection.ts';
import { isSuited, type NetworkKind, type NetworkRequirement } from '../../../machines/network.ts';
import type { Env } from '../../ports/env.ts';

type MachineClock = NonNullable<ActorOptions<AnyActorLogic>['clock']>;
/** XState's inspection observer, for the long-lived machines. */
export type Inspect = NonNullable<ActorOptions<AnyActorLogic>['inspect']>;

/** XState's delayed transitions on the one door's clock. */
export function envClock(env: Env): MachineClock {
  return {
    setTimeout: (callback, delay) => env.setTimer(delay, () => callback(), 'machine'),
    clearTimeout: (id) => env.clearTimer(id),
  };
}

export interface ConnectionOptions {
  readonly env: Env;
  readonly backoff: Backoff;
  readonly network: NetworkRequirement;
  /** One cheap request; rejects if no answer came. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  readonly onChange: (state: ConnectionState) => void;
  readonly inspect?: Inspect | undefined;
}

const unknownKind: NetworkKind = { type: 'unknown', metered: null };

const wordEvents = {
  present: 'networkCame',
  absent: 'networkWent',
  unsuited: 'networkUnsuited',
} as const;

/** The live connection machine, with its effects: the platform's hints and the probe. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #actor;
  readonly #stopHints: () => void;
  #probing: AbortController | null = null;
  #verdicts: ((reachable: boolean) => void)[] = [];
  #state: ConnectionState | null = null;

  constructor(options: ConnectionOptions) {
    const { env, inspect } = options;
    this.#options = options;
    this.#actor = createActor(connectionMachine, {
      id: 'connection',
      input: { hinted: this.#word() },
      clock: envClock(env),
      ...(inspect && { inspect }),
    });
    this.#actor.subscribe((snapshot) => this.#entered(snapshot.value as ConnectionState));
    this.#stopHints = env.onNetworkHint((hint) => {
      this.#actor.send({ type: wordEvents[this.#word(hint)] });
    });
  }

  /** The platform's word, as far as it is asked and as the app's requirement reads it. */
  #word(hint = this.#options.env.networkHint()): keyof typeof wordEvents {
    const { env, network } = this.#options;
    if (network === 'none') return 'present';
    if (hint === 'absent') return 'absent';
    const kind = env.networkKind?.() ?? unknownKind;
    return isSuited(network, kind) ? 'present' : 'unsuited';
  }

  start(): void {
    this.#actor.start();
  }

  get state(): ConnectionState {
    return this.#actor.getSnapshot().value as ConnectionState;
  }

  /** A probe is under way, and nothing speaks against it: the platform says yes, and none has failed. */
  get isPromising(): boolean {
    const { value, context } = this.#actor.getSnapshot();
    return value === 'probing' && context.hinted === 'present' && context.failures === 0;
  }

  /**
   * A request ended without an answer. Resolves with what the probe finds: true if the server can be
   * reached after all (then the failure was the request's own).
   */
  requestFailed(): Promise<boolean> {
    if (this.#actor.getSnapshot().status !== 'active') return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#verdicts.push(resolve);
      this.#actor.send({ type: 'requestFailed' });
      // Not online any more: the others' probe has failed already.
      if (isAway(this.state)) this.#judge(false);
    });
  }

  /** A person asks to try now, or the page is shown again: the wait is over. */
  wake(): void {
    const isUnsuited = this.#word() === 'unsuited';
    this.#actor.send({ type: isUnsuited ? 'networkUnsuited' : 'networkCame' });
  }

  stop(): void {
    this.#stopHints();
    this.#probing?.abort();
    this.#actor.stop();
    this.#judge(false);
  }

  #entered(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state === 'online') this.#judge(true);
    if (isAway(state)) this.#judge(false);
    if (state === 'probing') this.#probe().catch(this.#options.env.report);
    else this.#probing?.abort();
    this.#options.onChange(state);
  }

  #judge(reachable: boolean): void {
    for (const resolve of this.#verdicts.splice(0)) resolve(reachable);
  }

  async #probe(): Promise<void> {
    const abort = new AbortController();
    this.#probing = abort;
    const reached = await this.#options.probe(abort.signal).then(
      () => true,
      () => false,
    );
    if (this.#probing !== abort || this.#actor.getSnapshot().status !== 'active') return;
    this.#probing = null;
    if (reached) {
      this.#actor.send({ type: 'probeSucceeded' });
      return;
    }
    const { env, backoff } = this.#options;
    const { failures } = this.#actor.getSnapshot().context;
    // Never at once: a server that is away is not asked in a tight loop.
    const retryIn = Math.max(250, backoffDelay(backoff, failures, env.random('probe')));
    this.#actor.send({ type: 'probeFailed', retryIn });
  }
}

/** Whether nothing can be sent until something changes. */
export function isAway(state: ConnectionState): boolean {
  return state === 'waiting' || state === 'offline' || state === 'unsuited';
}
