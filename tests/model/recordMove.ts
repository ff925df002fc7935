import type { Actor } from './actor.ts';
import { type FoldOptions, fold, isRefused, type Row } from './fold.ts';
import { canonical, type RecordModel } from './recordModel.ts';

/** What the machines of the device permit a record, all of them together. */
export interface View {
  /** Writes of people are taken. */
  readonly accepts: boolean;
  /** Rows become durable and are folded: those of people. */
  readonly folds: boolean;
  /** The same of the leader's: seals, and answers to requests. */
  readonly leads: boolean;
  /** The disk does not answer: what is to be written waits for it. */
  readonly waits: boolean;
  /** Acts of people may stand on the disk though nobody was told. */
  readonly doubtful: boolean;
  /** The scheduler may seal and send. */
  readonly works: boolean;
  /** After a request without an answer: `asks` a probe, or it is known to be `away`. */
  readonly reach: 'asks' | 'away';
  /** How many requests may leave: what is sealed waits for it. */
  readonly sends: 'all' | 'one' | 'none';
  /** Whether a refusal is believed at once. */
  readonly trusts: boolean;
}

export interface RecordMove {
  readonly label: string;
  readonly actor: Actor;
  readonly next: RecordModel;
  /** The row that is folded, about the operations as they are called before the step. */
  readonly row?: Row;
  /** Whether it is a step towards rest: the world is kind, the kit works, a person decides. */
  readonly heals: boolean;
  /** What became of a request: the machines of the device may hear of it. */
  readonly outcome?: Outcome;
  /** The scheduler's own decisions, which the device must permit, but for a seal written late. */
  readonly scheduled?: 'seals' | 'sealsLate' | 'sends';
  /** A broken promise that shows in the step itself. */
  readonly problem?: Problem;
}

/** A promise that a step breaks, and how. */
export interface Problem {
  readonly property: 'legal' | 'sealed';
  readonly why: string;
}

/** How a request ended. The last four say nothing about the request itself. */
export type Outcome =
  | 'committed'
  | 'merged'
  | 'parked'
  | 'rejected'
  | 'retryLater'
  | 'noAnswer'
  | 'underWay'
  /** Answered, and the row can not be written or is nobody's any more. */
  | 'unwritten'
  /** Refused as everything is: believed after some attempts, and tried again before. */
  | 'refusedByAll'
  | 'askedToWait'
  | 'notLetIn'
  /** With credentials that were renewed since. */
  | 'notLetInBefore'
  | 'badDeployment';

/** How the scheduler decides; replaced by the planted wrong ones. */
export interface Scheduler {
  /** `store/seal.ts` and `LaneIndex.nextToSeal`: pending lanes alone. */
  readonly maySeal: (record: RecordModel, view: View) => boolean;
  /** `Pusher.#send` and `LaneIndex.nextToSend`: sealed lanes that have no request under way. */
  readonly maySend: (record: RecordModel, view: View) => boolean;
  /** `Pusher.#room`, as far as it matters here; null: as many as there are. */
  readonly mostAtOnce: (view: View) => number | null;
}

export const shippedScheduler: Scheduler = {
  maySeal: (record, view) => view.works && record.state === 'pending',
  maySend: (record, view) =>
    view.works &&
    view.sends !== 'none' &&
    (record.state === 'syncing' || record.state === 'backoff') &&
    record.sealed.length > 0 &&
    record.requests.length === 0,
  mostAtOnce: ({ sends }) => (sends === 'one' ? 1 : null),
};

export interface MoveOptions extends Omit<FoldOptions, 'actor'> {
  readonly scheduler: Scheduler;
  /** Operations of a record at once, durable or not. */
  readonly operations: number;
  /** Acts in the tail at once that are no writes; 0: they are durable at once. */
  readonly acts: number;
  /** Whether the line may close. */
  readonly closes: boolean;
}

export type Made = Omit<RecordMove, 'next' | 'heals'> & { readonly heals?: boolean };

/** A step that folds a row. */
export function folded(
  record: RecordModel,
  row: Row,
  made: Made,
  options: MoveOptions,
): RecordMove {
  const after = fold(record, row, { ...options, actor: made.actor });
  const move = { heals: false, row, ...made };
  if (!isRefused(after)) return { ...move, next: canonical(after) };
  const next = canonical(record);
  if (after.refused === 'overtaken') return { ...move, label: `${made.label}: too late`, next };
  return { ...move, next, problem: { property: 'legal', why: after.why } };
}
