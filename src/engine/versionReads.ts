import { backoffDelay, defaultBackoff } from '../../machines/backoff.ts';
import { type Facts, laneKey } from '../../store/facts.ts';
import type { Env, TimerHandle } from '../ports/env.ts';
import type { OnceEnd } from './pullOnce.ts';
import { entryOf } from './recordReads.ts';

export interface VersionReadsOptions {
  readonly env: Env;
  readonly facts: () => Facts;
  /** Reads one record from the server into the facts. */
  readonly read: (model: string, recordId: string) => Promise<OnceEnd>;
  /** These lanes may be sealed as they are. */
  readonly release: (lanes: readonly string[]) => void;
}

/** Failures that say nothing about the read itself: it is asked again. */
const passing = ['network', 'timeout', 'paused', 'unauthorized', 'misdeployed', 'server'];

/**
 * Records of which no list and no answer told the version, though the server gives versions: a change
 * without one would go over what others have written. Each is read before its next change leaves. A model
 * whose reads tell none either has none: it is asked no more in this life.
 */
export class VersionReads {
  readonly #options: VersionReadsOptions;
  readonly #versionless = new Set<string>();
  /** Lanes of records that could not be read: they go as they are. */
  readonly #unread = new Set<string>();
  /** Lanes by model, and whether they are being read. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #reading = new Set<string>();
  readonly #timers = new Map<string, TimerHandle>();
  #failures = 0;
  #stopped = false;

  constructor(options: VersionReadsOptions) {
    this.#options = options;
  }

  /** Whether a change of this record waits until its version is known. */
  wants(model: string, recordId: string): boolean {
    return !this.#versionless.has(model) && !this.#unread.has(laneKey(model, recordId));
  }

  /** A change waits for the version of its record. */
  add(model: string, recordId: string): void {
    const ids = this.#waiting.get(model) ?? new Set();
    this.#waiting.set(model, ids.add(recordId));
    this.#start(model);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) this.#options.env.clearTimer(timer);
    this.#timers.clear();
  }

  #start(model: string): void {
    if (this.#stopped || this.#reading.has(model) || this.#timers.has(model)) return;
    this.#reading.add(model);
    this.#read(model)
      .catch(this.#options.env.report)
      .finally(() => {
        this.#reading.delete(model);
        const isLeft = (this.#waiting.get(model)?.size ?? 0) > 0;
        if (isLeft && !this.#stopped) this.#later(model);
      });
  }

  async #read(model: string): Promise<void> {
    const { facts, read, release } = this.#options;
    const ids = this.#waiting.get(model) ?? new Set();
    for (const id of ids) {
      const lane = laneKey(model, id);
      if (this.wants(model, id) && entryOf(facts(), model, id)?.version === null) {
        const { status, failure } = await read(model, id);
        if (this.#stopped || (status !== 'done' && passing.includes(failure?.code ?? ''))) return;
        const entry = entryOf(facts(), model, id);
        if (status !== 'done') this.#unread.add(lane);
        else if (entry?.base && entry.version === null) this.#versionless.add(model);
      }
      this.#failures = 0;
      ids.delete(id);
      release([lane]);
    }
  }

  #later(model: string): void {
    const { env } = this.#options;
    const delay = backoffDelay(defaultBackoff, this.#failures++, env.random('version'));
    const again = () => {
      this.#timers.delete(model);
      this.#start(model);
    };
    this.#timers.set(model, env.setTimer(delay, again, 'retry'));
  }
}
