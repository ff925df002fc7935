import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyFacts, laneKey } from '../../store/facts.ts';
import { foldEntries, foldTail } from '../../store/fold.ts';
import { getIn, valuesOf } from '../../store/pages.ts';
import type { JournalEntry, PersonRow, Row } from '../../store/rows/row.ts';
import {
  createSyncSlice,
  MissingMiddlewareError,
  type PersonAction,
  type SyncState,
} from '../../store/slice.ts';
import {
  answered,
  canonical,
  failure,
  models,
  operation,
  recorded,
  row,
  sealed,
} from '../support/rows.ts';

const slice = createSyncSlice('sync', models);
const start = slice.reducer(undefined, { type: '@@init' });

function act(state: SyncState, person: Row): SyncState {
  const { actionId, ...payload } = person;
  const meta = { syncharts: 'sync', actionId };
  const action = { type: `sync/${person.type}`, payload, meta } as unknown as PersonAction;
  return slice.reducer(state, action as unknown as { type: string });
}

/** A tab and a journal: what the slice holds beside what it should hold, from first principles. */
class Bench {
  state = start;
  readonly journal: JournalEntry[] = [];
  #tail: PersonRow[] = [];
  #n = 0;
  #foreign = 0;
  #engine = 0;

  act(made: Row): void {
    const person = { ...made, actionId: { writer: 'tab', n: ++this.#n } } as PersonRow;
    this.#tail.push(person);
    this.state = act(this.state, person);
  }

  /** The first `count` acts of the tail become durable. */
  journaled(count: number): void {
    this.#arrive(this.#tail.splice(0, count));
  }

  foreign(made: Row): void {
    this.#arrive([{ ...made, actionId: { writer: 'other', n: ++this.#foreign } } as Row]);
  }

  engine(made: Row): void {
    this.#arrive([{ ...made, actionId: { writer: 'tab/engine', n: ++this.#engine } } as Row]);
  }

  rejectLast(): void {
    const last = this.#tail.pop();
    if (!last) return;
    this.state = slice.reducer(this.state, slice.actions.tailRejected([last.actionId.n]));
  }

  reload(): void {
    const facts = foldEntries(emptyFacts(models), this.journal).facts;
    this.state = slice.reducer(this.state, slice.actions.checkpointLoaded(facts));
  }

  #arrive(rows: readonly Row[]): void {
    const entries = rows.map((item, i) => ({ sequence: this.journal.length + 1 + i, row: item }));
    this.journal.push(...entries);
    this.state = slice.reducer(this.state, slice.actions.sequenced(entries, 'tab'));
  }

  expectTrue(): void {
    const sequenced = foldEntries(emptyFacts(models), this.journal).facts;
    expect(canonical(this.state.sequenced)).toEqual(canonical(sequenced));
    const shown = foldTail(sequenced, this.#tail);
    expect(withoutBookkeeping(this.state.shown)).toEqual(withoutBookkeeping(shown));
    expect(valuesOf(this.state.tail).map((item) => item.actionId.n)).toEqual(
      this.#tail.map((item) => item.actionId.n),
    );
    if (this.#tail.length === 0) expect(this.state.shown).toBe(this.state.sequenced);
    const touched = new Set(
      this.#tail.map((item) => (item.type === 'recorded' ? item.operation.recordId : '')),
    );
    for (const id of ['a', 'b', 'c']) {
      expect(getIn(this.state.saving, laneKey('todo', id)) !== undefined).toBe(touched.has(id));
    }
  }
}

/** While acts are in the tail, when they were seen and how many were folded is provisional. */
function withoutBookkeeping(facts: SyncState['shown']) {
  const {
    folded: _,
    lastSeen: __,
    head: ___,
    ...rest
  } = canonical(facts) as Record<string, unknown>;
  return rest;
}

const id = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  fc.record({ do: fc.constant('write' as const), id, n: fc.nat(9) }),
  fc.record({ do: fc.constant('remove' as const), id }),
  fc.record({ do: fc.constant('journaled' as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constant('foreign' as const), id, n: fc.nat(9) }),
  fc.record({ do: fc.constant('seal' as const), id }),
  fc.record({ do: fc.constant('answer' as const), id }),
  fc.record({ do: fc.constant('retry' as const), id }),
  fc.record({ do: fc.constant('pull' as const), id, n: fc.nat(9) }),
  fc.record({ do: fc.constantFrom('reject' as const, 'reload' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function run(bench: Bench, action: Step): unknown {
  const lane =
    'id' in action ? getIn(bench.state.sequenced.lanes, laneKey('todo', action.id)) : undefined;
  const first =
    'id' in action
      ? valuesOf(bench.state.sequenced.outbox).find((item) => item.recordId === action.id)
      : undefined;
  switch (action.do) {
    case 'write':
      return bench.act(recorded(operation('upsert', action.id, { id: action.id, n: action.n })));
    case 'remove':
      return bench.act(recorded(operation('delete', action.id)));
    case 'journaled':
      return bench.journaled(action.count);
    case 'foreign':
      return bench.foreign(
        recorded(operation('upsert', action.id, { id: action.id, m: action.n })),
      );
    case 'seal':
      if (first && lane?.state === 'pending') bench.engine(sealed([first]));
      return undefined;
    case 'answer': {
      const gone = first?.kind === 'delete';
      const base = gone ? null : { id: action.id, server: true };
      if (first && lane?.sealed) bench.engine(answered([first], base));
      return undefined;
    }
    case 'retry': {
      const about = { model: 'todo', recordId: action.id } as const;
      const retry = { ...about, type: 'retryScheduled', attempts: 1, retryAt: 5, failure } as const;
      return bench.engine(row(retry));
    }
    case 'pull': {
      const items = [{ id: action.id, record: { id: action.id, p: action.n }, version: '"1"' }];
      return bench.engine(
        row({
          type: 'pulled',
          model: 'todo',
          items,
          deleted: [],
          since: null,
          cursor: 'c',
          complete: true,
        }),
      );
    }
    case 'reject':
      return bench.rejectLast();
    case 'reload':
      return bench.reload();
  }
}

describe('sequenced plus tail', () => {
  test('what is shown is always the journal with the tail on top (property)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const bench = new Bench();
        for (const action of steps) {
          run(bench, action);
          bench.expectTrue();
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a record keeps its identity when its write becomes durable', () => {
    const bench = new Bench();
    bench.act(recorded(operation('create', 'a', { id: 'a' })));
    const before = getIn(bench.state.shown.models.todo?.records ?? expect.fail(), 'a')?.shown;
    bench.journaled(1);
    expect(getIn(bench.state.shown.models.todo?.records ?? expect.fail(), 'a')?.shown).toBe(before);
  });

  test('CR3: facts from disk replace what was sequenced and keep what is not yet durable', () => {
    const bench = new Bench();
    bench.act(recorded(operation('create', 'a', { id: 'a' })));
    bench.reload();
    expect(bench.state.tail.size).toBe(1);
    expect(bench.state.shown.models.todo?.shown).toBe(1);
  });

  test('a write before hydration takes the generation that it meets', () => {
    const cleared = foldEntries(emptyFacts(models), [
      { sequence: 1, row: row({ type: 'purged', generation: 3 }, 'other') },
    ]).facts;
    const early = act(start, {
      ...recorded(operation('create', 'a', { id: 'a' })),
      actionId: { writer: 'tab', n: 1 },
    });
    const state = slice.reducer(early, {
      type: 'persist/REHYDRATE',
      key: 'sync',
      payload: cleared,
    });
    expect(valuesOf(state.tail)).toMatchObject([{ generation: 3 }]);
    expect(state.shown.models.todo?.shown).toBe(1);
  });

  test("another slice's rehydration and an empty one change nothing", () => {
    expect(slice.reducer(start, { type: 'persist/REHYDRATE', key: 'other', payload: {} })).toBe(
      start,
    );
    expect(slice.reducer(start, { type: 'persist/REHYDRATE', key: 'sync' })).toBe(start);
  });

  test('entries that were folded before change nothing', () => {
    const bench = new Bench();
    bench.foreign(recorded(operation('create', 'a', { id: 'a' })));
    const again = slice.reducer(bench.state, slice.actions.sequenced(bench.journal, 'tab'));
    expect(again).toBe(bench.state);
  });

  test('a row that is illegal changes nothing and is noted, up to a hundred', () => {
    const bench = new Bench();
    const about = { model: 'todo', recordId: 'a' } as const;
    for (let i = 0; i < 120; i++)
      bench.engine(
        row({ ...about, type: 'answered', operationIds: [], base: null, version: null }),
      );
    expect(bench.state.ephemeral.illegal).toHaveLength(100);
    expect(bench.state.ephemeral.illegal[99]).toMatchObject({ type: 'answered', sequence: 120 });
  });

  test('a write without the middleware is refused', () => {
    const payload = recorded(operation('create', 'a'));
    const action = { type: 'sync/recorded', payload, meta: { syncharts: 'sync' } };
    expect(() => slice.reducer(start, action)).toThrow(MissingMiddlewareError);
  });
});

describe('what is true only while the page lives', () => {
  test('is kept in small words beside the facts', () => {
    let state = slice.reducer(start, slice.actions.connectionChanged('online'));
    state = slice.reducer(
      state,
      slice.actions.leadershipChanged({ role: 'leading', run: 'running' }),
    );
    state = slice.reducer(state, slice.actions.attemptStarted(['x']));
    state = slice.reducer(
      state,
      slice.actions.progress({
        model: 'todo',
        progress: { state: 'running', received: 3, total: null, isFirst: true },
      }),
    );
    expect(state.ephemeral).toMatchObject({
      ...{ connection: 'online', role: 'leading', underWay: { x: true } },
      pulls: { todo: { received: 3 } },
    });
    state = slice.reducer(state, slice.actions.attemptEnded(['x']));
    expect(state.ephemeral.underWay).toEqual({});
    expect(slice.reducer(state, { type: 'somebody/elses' })).toBe(state);
    expect(state.sequenced).toBe(start.sequenced);
  });
});
