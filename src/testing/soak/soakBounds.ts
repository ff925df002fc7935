import { conflictLogCap, formerCap, settlementCap, writerCap } from '../../../store/caps.ts';

/** What stands on a device in the evening, and what its page holds of the platform. */
export interface Measure {
  readonly device: number;
  /** Records, shown or not. */
  readonly records: number;
  /** Operations that the server does not have. */
  readonly waiting: number;
  readonly settlements: number;
  readonly logged: number;
  readonly aliases: number;
  /** Records that left, of which the server's ids are remembered. */
  readonly former: number;
  readonly quarantined: number;
  readonly writers: number;
  readonly illegal: number;
  /** Characters of the checkpoint (pages and meta), and how many pages. */
  readonly checkpoint: number;
  readonly pages: number;
  /** Rows of the journal and their characters. */
  readonly rows: number;
  readonly journal: number;
  readonly timers: number;
  readonly requests: number;
  readonly listeners: number;
  readonly actors: number;
  /** Records that are not what the server has, though nothing waits for them. */
  readonly differing: number;
}

/**
 * The bounds of the soak, stated before it was run. Characters are what the simulated disk counts;
 * an IndexedDB stores them in one or two bytes each.
 */
const soakBounds = {
  /**
   * A record in the checkpoint: the longest that the soak writes is below 460 characters as JSON
   * (title 60, note 250, five small fields, id 36), and it stands there once, with its key, its
   * version and, where the server gives ids, an alias in both directions.
   */
  record: 800,
  /**
   * An operation that waits: its row in the outbox (changes below 400, 250 around them), its share
   * of the lane with the sealed request (below 1,000) and of what a conflict keeps for a person.
   */
  waiting: 2_500,
  /** A settlement: outcome, time and order under the operation's id, and its id under the order. */
  settlement: 180,
  /** A record that left: its id here and the server's, in both directions. */
  former: 200,
  /** A line of the conflict log: field, both values (a note has 250 characters), time, record. */
  logged: 800,
  /** A writer that is remembered: two ids, a count, a place. */
  writer: 110,
  /** What is there once: the rest of the root, the database's id, branches of the trees. */
  fixed: 10_000,
  /**
   * A checkpoint is due after 1,000 rows; while it is written (seconds on a slow disk) rows go on
   * coming: a burst of the soak makes some 100 of them. Rows of what waits are not counted in that.
   */
  rows: 1_200,
  /**
   * A row on average: most are below 1,000 (an operation, a sealed request, an answer with the
   * record); a pulled row holds what others changed since the last pull, seldom above ten records.
   */
  row: 1_500,
  /** Caps of the kit itself, as it states them. */
  settlements: settlementCap,
  log: conflictLogCap,
  writers: writerCap,
  /** Illegal rows remembered for the developer's tools; the soak must not cause any. */
  illegal: 0,
  /** The soak damages no row. */
  quarantined: 0,
  /**
   * Timers of a page at rest: the end of one backoff, one pull that is postponed, the connection's
   * wait. A request has one more while it runs.
   */
  timers: 3,
  requests: 0,
  /** One for the network's hint, one for the page being shown again. */
  listeners: 2,
  /** The connection, the engine and the line to the one origin: no actor of a record ever. */
  actors: 3,
  /** Two days are equal where the day has been equal: what differs is a broken promise (I13). */
  differing: 0,
  /**
   * Bytes of heap from the fifth evening on, with garbage collected, on devices that began full: the
   * records have their number by then, and what the simulation itself remembers is cut every evening.
   * What is left is noise (code that is compiled, shapes, a page more or less) and a leak, if there
   * is one: 100 bytes for each of the 6,000 edits would be seen.
   */
  heapGrowth: 4_000_000,
} as const;

/** From which evening on the heap may not grow. */
const heapFrom = 5;

/** Heap in use evening by evening; says so if it has grown. */
export function brokenHeap(heaps: readonly number[]): string[] {
  const from = heaps[heapFrom - 1];
  const last = heaps[heaps.length - 1];
  if (from === undefined || last === undefined) return [];
  const grown = last - from;
  return grown > soakBounds.heapGrowth ? [`the heap has grown by ${grown} bytes`] : [];
}

/** What is beyond its bound, each as a sentence. */
export function brokenBounds(measure: Measure): string[] {
  const { record, former, waiting, settlement, logged, writer, fixed, row } = soakBounds;
  const checkpoint =
    fixed +
    record * measure.records +
    waiting * measure.waiting +
    settlement * measure.settlements +
    logged * measure.logged +
    former * measure.former +
    writer * measure.writers;
  const bounds: [keyof Measure, number][] = [
    ['checkpoint', checkpoint],
    ['rows', soakBounds.rows + measure.waiting],
    ['journal', row * measure.rows + fixed],
    ['settlements', soakBounds.settlements],
    ['logged', soakBounds.log],
    ['writers', soakBounds.writers],
    // An alias leads to a record that is there, or was.
    ['aliases', measure.records + measure.former],
    ['former', formerCap],
    ['quarantined', soakBounds.quarantined],
    ['illegal', soakBounds.illegal],
    ['timers', soakBounds.timers],
    ['requests', soakBounds.requests],
    ['listeners', soakBounds.listeners],
    ['actors', soakBounds.actors],
    ['differing', soakBounds.differing],
  ];
  return bounds
    .filter(([name, most]) => measure[name] > most)
    .map(([name, most]) => `device ${measure.device}: ${name} is ${measure[name]}, above ${most}`);
}
