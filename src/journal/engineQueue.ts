import type { Facts } from '../../store/facts.ts';
import type { EngineRow, Row } from '../../store/rows/row.ts';
import { lanesOfRow } from '../../store/slice.ts';
import type { Env } from '../ports/env.ts';
import type { StorageError } from '../ports/storage.ts';

/** A row of the engine's before the journal gives it its id. */
export type EngineDraft = EngineRow extends infer R
  ? R extends EngineRow
    ? Omit<R, 'actionId'>
    : never
  : never;

/**
 * Builds rows on the facts as they are at the moment of writing; it is asked again if they moved.
 * `taken`: lanes that other rows of the same transaction touch, or that people's acts which wait in
 * front of it take something back of; a builder that needs one of them answers 'later', one that has
 * nothing to say (any more) answers null.
 */
export type RowBuilder = (
  facts: Facts,
  taken: ReadonlySet<string>,
) => readonly EngineDraft[] | 'later' | null;

/** A builder that waits for its turn, and who waits for it. */
export interface EngineRequest {
  readonly build: RowBuilder;
  /** ms that it may wait for others to share a transaction with. */
  readonly patience: number;
  readonly resolve: (written: boolean) => void;
  readonly reject: (error: StorageError) => void;
}

/** What one transaction of the engine's writes, and for whom. */
interface Built {
  readonly rows: readonly Row[];
  readonly requests: readonly EngineRequest[];
}

/** Requests that have patience, at which none of them waits any longer. */
const patientLimit = 64;

interface EngineQueueOptions {
  readonly env: Env;
  /** What the engine's rows are written under. */
  readonly writer: string;
  /** Something is to be written. */
  readonly onDue: () => void;
}

/**
 * The engine's rows that are to be written. Those that have patience wait a moment for others to go
 * with: one that has none takes all of them along.
 */
export class EngineQueue {
  readonly #options: EngineQueueOptions;
  #waiting: EngineRequest[] = [];
  /** The number of the last row that was built. */
  #count = 0;
  /** Ends the patience of those that wait. */
  #patienceTimer: number | null = null;

  constructor(options: EngineQueueOptions) {
    this.#options = options;
  }

  add(request: EngineRequest): void {
    const { env, onDue } = this.#options;
    this.#waiting.push(request);
    if (this.isDue) onDue();
    else this.#patienceTimer ??= env.setTimer(request.patience, () => this.hurry(), 'group');
  }

  get isDue(): boolean {
    const isFull = this.#waiting.length >= patientLimit;
    return isFull || this.#waiting.some(({ patience }) => patience === 0);
  }

  /** Nothing waits for company any more. */
  hurry(): void {
    this.#endPatience();
    this.#waiting = this.#waiting.map(hurried);
    this.#options.onDue();
  }

  /** Nothing of what waits is written. */
  letGo(): void {
    this.#endPatience();
    for (const request of this.#waiting.splice(0)) request.resolve(false);
  }

  /**
   * Builds the rows of all that wait. Who has nothing to say is told that nothing was written; who
   * needs a lane that is taken stays, and waits for company no more.
   */
  take(facts: Facts, taken: Set<string>): Built {
    const { writer } = this.#options;
    const rows: Row[] = [];
    const requests: EngineRequest[] = [];
    const idle: EngineRequest[] = [];
    const later: EngineRequest[] = [];
    let count = Math.max(this.#count, facts.lastSeen[writer]?.n ?? 0);
    for (const [place, request] of this.#waiting.entries()) {
      const isLast = place === this.#waiting.length - 1;
      const built = request.build(facts, taken);
      if (built === 'later') later.push(request);
      else if (built === null || built.length === 0) idle.push(request);
      else {
        requests.push(request);
        for (const draft of built) {
          const row = { ...draft, actionId: { writer, n: ++count } } as EngineRow;
          rows.push(row);
          // Nobody asks after the last.
          if (!isLast) for (const lane of lanesOfRow(row)) taken.add(lane);
        }
      }
    }
    this.#count = count;
    this.#endPatience();
    this.#waiting = later.map(hurried);
    for (const request of idle) request.resolve(false);
    return { rows, requests };
  }

  /** Their rows were not written: they are built anew, before all others. */
  giveBack(requests: readonly EngineRequest[]): void {
    this.#waiting = [...requests.map(hurried), ...this.#waiting];
  }

  #endPatience(): void {
    if (this.#patienceTimer !== null) this.#options.env.clearTimer(this.#patienceTimer);
    this.#patienceTimer = null;
  }
}

function hurried(request: EngineRequest): EngineRequest {
  return { ...request, patience: 0 };
}
