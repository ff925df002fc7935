import { expectSame, inTurns, type Side } from '../../page/samples.ts';
import { makeTodos, spread, type Todo } from '../../page/todos.ts';
import type { Part, QueriedTable } from './queriedTable.ts';
import { queryByHand } from './queryByHand.ts';
import { querySyncharts } from './querySyncharts.ts';
import { queryTanStack } from './queryTanStack.ts';

export interface LiveQueryOptions {
  /** Records in the table. */
  readonly count: number;
  readonly offset: number;
}

type MakeTable = (todos: readonly Todo[], part: Part) => Promise<QueriedTable>;

const contenders: Readonly<Record<string, MakeTable>> = {
  Syncharts: querySyncharts,
  'TanStack DB live query': queryTanStack,
  'filter and sort': queryByHand,
};

const limit = 20;
/** Edits of one round; few, so that it is over before the machine turns to something else. */
const edits = 20;
const warmUp = 200;

type Times = Record<string, number[]>;

/**
 * One edit until the rows are in hand, in turns, the same edits in each table: each puts a record
 * in front of all others. And the first rows of a query that is new.
 */
export async function liveQuery(
  { count, offset }: LiveQueryOptions,
  rounds: number,
): Promise<{ edit: Times; first: Times }> {
  const onEdit: Record<string, Side> = {};
  const onFirst: Record<string, Side> = {};
  const topOf = new Map<number, string>();
  const checked = (name: string, round: number, rows: readonly Todo[]) => {
    const ids = rows.map(({ id }) => id).join();
    expectSame(`rows of ${name}`, rows.length, limit);
    // The first contender of a round says what the others must say.
    expectSame(`the rows of ${name}`, ids, topOf.get(round) ?? ids);
    topOf.set(round, ids);
  };
  for (const [name, make] of Object.entries(contenders)) {
    const table = await make(makeTodos(count), { offset, limit });
    onEdit[name] = async (round) => {
      let rows: readonly Todo[] = [];
      const times = round === 0 ? warmUp : edits;
      const begin = performance.now();
      for (let i = 1; i <= times; i++) {
        const n = round * warmUp + i;
        rows = table.edit(spread(n, count), { counter: count + n, done: false });
      }
      const ms = (performance.now() - begin) / times;
      checked(name, round, rows);
      await table.settle();
      return ms;
    };
    onFirst[name] = async (round) => {
      const begin = performance.now();
      const rows = await table.first(-1 - round);
      const ms = performance.now() - begin;
      checked(name, -1 - round, rows);
      return ms;
    };
  }
  return { edit: await inTurns(rounds, onEdit), first: await inTurns(rounds, onFirst) };
}
