import { parseArgs } from 'node:util';

const usage = `Usage: npm run bench -- [options]
  --quick        two rounds, 10,000 records at most: does it run at all?
  --rounds n     rounds of which the median counts, where a group takes no fewer; 7 unless told
  --only name    one group: dispatch, durableEdit, pullMany, reopen, drain, deepDrain, createMany,
                 growth, outbox, inspector, selectWhere, shelves, tabs
  --sizes list   the sizes of growth, or the depths of outbox and deepDrain: 1000,100000
  --json file    the figures, round by round, as JSON`;

export interface BenchOptions {
  readonly rounds: number;
  /** Sizes of tables. */
  readonly sizes: readonly number[];
  /** Sizes of tables whose growth is measured. */
  readonly growthSizes: readonly number[];
  /** Writes that wait in front of those that are measured. */
  readonly outboxDepths: readonly number[];
  /** Operations that wait before a drain whose memory is measured. */
  readonly drainDepths: readonly number[];
  /** Durable edits of one round. */
  readonly edits: number;
  /** Queued operations of one drain. */
  readonly operations: number;
  readonly only: string | undefined;
  readonly json: string | undefined;
}

/** Reads the command line; what it can't read ends the process with the usage. */
export function readOptions(): BenchOptions {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        sizes: { type: 'string' },
        only: { type: 'string' },
        json: { type: 'string' },
      },
    });
    const { quick, rounds, sizes, only, json } = values;
    const given = sizes?.split(',').map(Number);
    return {
      rounds: rounds === undefined ? (quick ? 2 : 7) : roundsOf(rounds),
      sizes: quick ? [1_000, 10_000] : [1_000, 10_000, 100_000],
      growthSizes: given ?? [1_000, 10_000, ...(quick ? [] : [100_000, 1_000_000])],
      outboxDepths: given ?? [0, 1_000, 10_000, ...(quick ? [] : [100_000])],
      drainDepths: given ?? [quick ? 1_000 : 100_000],
      edits: quick ? 100 : 300,
      operations: quick ? 300 : 1_000,
      ...{ only, json },
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(1);
  }
}

/** @throws Error where it is no number of rounds */
export function roundsOf(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number from 1');
  return rounds;
}
