import type { FailureCode } from '../../../machines/failure.ts';
import { type Facts, laneKey } from '../../../store/facts.ts';
import { getIn } from '../../../store/pages.ts';
import type { Env } from '../../ports/env.ts';
import { entryOf } from '../records/recordReads.ts';
import { GrowingWaits } from '../wire/growingWaits.ts';
import type { OnceEnd } from './pullOnce.ts';

export interface VersionReadsOptions {
  readonly env: Env;
  readonly facts: () => Facts;
  /** Whether records of a model may be asked for now: nothing that is held is asked. */
  readonly mayRead: (model: string) => boolean;
  /** Reads one record from the server into the facts. */
  readonly read: (model: string, recordId: string) => Promise<OnceEnd>;
  /** These lanes may be sealed as they are. */
  readonly release: (lanes: readonly string[]) => void;
}

/** Failures that say nothing about the read itself: it is asked again, as is what was put off. */
const passing: readonly FailureCode[] = [
  'network',
  'timeout',
  'paused',
  'unauthorized',
  'misdeployed',
  'server',
];
/** Reads of one record in a row that say nothing, after which its changes go as they are. */
const readsAtMost = 5;

/**
 * Records of which no list and no answer told the version, though the server gives versions: a change
 * without one would go over what others have written. Each is read before its next change leaves. A model
 * whose reads tell none either has none: it is asked no more in this life.
 */
export class VersionReads {
  readonly #options: VersionReadsOptions;
  readonly #versionless = new Set<string>();
  /** How often in a row the records of lanes could not be read. */
  readonly #unread = new Map<string, number>();
  /** Lanes by model, and whether they are being read. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #reading = new Set<string>();
  readonly #waits: GrowingWaits;
  #stopped = false;

  constructor(options: VersionReadsOptions) {
    this.#options = options;
    const onOver = (model: string) => this.#start(model);
    this.#waits = new GrowingWaits({ env: options.env, label: 'version', onOver });
  }

  /** Whether a change of this record waits until its version is known. */
  wants(model: string, recordId: string): boolean {
    const unread = this.#unread.get(laneKey(model, recordId)) ?? 0;
    return unread < readsAtMost && !this.#versionless.has(model);
  }

  /** A change waits for the version of its record. */
  add(model: string, recordId: string): void {
    const ids = this.#waiting.get(model) ?? new Set();
    this.#waiting.set(model, ids.add(recordId));
    this.#start(model);
  }

  /** A pull of the model has come to its end: the server answers, and may have told what is asked for. */
  pulled(model: string): void {
    this.#waits.end(model);
    this.#start(model);
  }

  /** Begins the reads that may be. */
  work(): void {
    for (const model of this.#waiting.keys()) this.#start(model);
  }

  stop(): void {
    this.#stopped = true;
    this.#waits.stop();
  }

  #start(model: string): void {
    const { mayRead } = this.#options;
    if (this.#stopped || this.#reading.has(model) || this.#waits.has(model)) return;
    if (!this.#waiting.has(model) || !mayRead(model)) return;
    this.#reading.add(model);
    this.#read(model)
      .catch(this.#options.env.report)
      .finally(() => {
        this.#reading.delete(model);
        if (this.#waiting.get(model)?.size === 0) this.#waiting.delete(model);
        else if (!this.#stopped) this.#waits.begin(model);
      });
  }

  async #read(model: string): Promise<void> {
    const { read, release } = this.#options;
    const ids = this.#waiting.get(model) ?? new Set();
    for (const id of ids) {
      const lane = laneKey(model, id);
      if (this.wants(model, id) && this.#isOpen(model, id)) {
        const { status, failure } = await read(model, id);
        if (this.#stopped) return;
        // A pull may have told it meanwhile.
        const isOpen = this.#isOpen(model, id);
        if (isOpen && status === 'done') this.#versionless.add(model);
        else if (isOpen && (failure === null || passing.includes(failure.code))) return;
        else if (isOpen) {
          this.#unread.set(lane, (this.#unread.get(lane) ?? 0) + 1);
          if (this.wants(model, id)) continue;
        } else this.#unread.delete(lane);
      }
      this.#waits.succeeded();
      ids.delete(id);
      release([lane]);
    }
  }

  /** Whether a change waits, of a record that is there and whose version nobody told. */
  #isOpen(model: string, id: string): boolean {
    const facts = this.#options.facts();
    const entry = entryOf(facts, model, id);
    const isPending = getIn(facts.lanes, laneKey(model, id))?.state === 'pending';
    return isPending && entry?.base != null && entry.version === null;
  }
}
