import { parseArgs } from 'node:util';
import { roundsOf } from '../options.ts';

const usage = `Usage: npm run bench:peers -- [options]
  --quick            one round, 100 operations, 1,000 records: does it run at all?
  --only name        one group
  --rounds n         default 3, after a short one that does not count
  --delays list      drain: ms that the server waits before each answer; default 0,20,50
  --who words        drain: only contenders whose names hold one of these: batches,TanStack
  --durable-server   the server's commits wait for the disk, which is the browser's as well
  --json file        the times, round by round, as JSON`;

export interface PeerOptions {
  readonly rounds: number;
  /** Queued operations of one drain. */
  readonly operations: number;
  /** Records of a table that is queried. */
  readonly records: number;
  /** Server delays (ms) at which a queue is drained. */
  readonly delays: readonly number[];
  /** Parts of the names of those that drain one; none: all. */
  readonly who: readonly string[];
  readonly synchronous: 'full' | 'off';
  readonly only: string | undefined;
  readonly json: string | undefined;
}

/** Reads the command line; what it can't read ends the process with the usage. */
export function readPeerOptions(): PeerOptions {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        rounds: { type: 'string', default: '3' },
        delays: { type: 'string', default: '0,20,50' },
        who: { type: 'string', default: '' },
        'durable-server': { type: 'boolean', default: false },
        json: { type: 'string' },
      },
    });
    const { quick, only, json } = values;
    const rounds = roundsOf(values.rounds);
    return {
      rounds: quick ? 1 : rounds,
      operations: quick ? 100 : 1_000,
      records: quick ? 1_000 : 100_000,
      delays: values.delays.split(',').map(delayOf),
      who: values.who.split(',').filter(Boolean),
      synchronous: values['durable-server'] ? 'full' : 'off',
      ...{ only, json },
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(1);
  }
}

function delayOf(text: string): number {
  const ms = Number(text);
  if (text === '' || !(ms >= 0)) throw new Error('--delays takes ms, with commas between them');
  return ms;
}
