import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createQueries } from '../../../src/query/queries.ts';
import { emptyFacts } from '../../../store/facts.ts';
import { foldEntries } from '../../../store/fold.ts';
import type { JsonObject } from '../../../store/json.ts';
import type { JournalEntry, PersonRow, RecordedRow, Row } from '../../../store/rows/row.ts';
import { selectAllRecords } from '../../../store/selectors/records.ts';
import { createSyncSlice, type SyncState } from '../../../store/slice.ts';
import { anyFields, anyQuery, naively } from '../../support/queries.ts';
import { models, operation, recorded, row } from '../../support/rows.ts';

const slice = createSyncSlice('sync', models);

/** One tab's slice with its tail, and the journal that it shares with others. */
class Tab {
  state = slice.reducer(undefined, { type: '@@init' });
  readonly #journal: JournalEntry[] = [];
  readonly #tail: PersonRow[] = [];
  #n = 0;
  #others = 0;

  act({ actionId: _, ...payload }: RecordedRow): void {
    const actionId = { writer: 'tab', n: ++this.#n };
    this.#tail.push({ ...payload, actionId });
    const action = { type: 'sync/recorded', payload, meta: { syncharts: 'sync', actionId } };
    this.#reduce(action);
  }

  /** What this tab did becomes durable. */
  journaled(count: number): void {
    this.arrive(this.#tail.splice(0, count));
  }

  arrive(rows: readonly Row[]): void {
    const entries = rows.map((each, i) => ({ sequence: this.#journal.length + 1 + i, row: each }));
    this.#journal.push(...entries);
    this.#reduce(slice.actions.sequenced(entries, 'tab'));
  }

  other(made: RecordedRow): void {
    this.arrive([{ ...made, actionId: { writer: 'other', n: ++this.#others } }]);
  }

  reject(): void {
    const last = this.#tail.pop();
    if (last) this.#reduce(slice.actions.tailRejected([last.actionId.n]));
  }

  /** Every page and every record comes anew from disk. */
  reload(): void {
    const facts = foldEntries(emptyFacts(models), structuredClone(this.#journal)).facts;
    this.#reduce(slice.actions.checkpointLoaded(facts));
  }

  #reduce(action: { type: string }): void {
    this.state = slice.reducer(this.state, action);
  }
}

const id = fc.nat(300).map((n) => `r${n}`);
const write = fc.tuple(
  fc.constantFrom<'upsert' | 'update' | 'delete'>('upsert', 'update', 'delete'),
  id,
  anyFields,
);
const step = fc.oneof(
  fc.record({ do: fc.constant('write' as const), write }),
  fc.record({ do: fc.constant('other tab' as const), write }),
  fc.record({ do: fc.constant('pull' as const), items: fc.array(fc.tuple(id, anyFields)) }),
  fc.record({ do: fc.constant('journaled' as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constantFrom('reject' as const, 'reload' as const, 'look back' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function pulled(items: readonly (readonly [string, JsonObject])[]): Row {
  return row(
    {
      ...{ type: 'pulled', model: 'todo', since: null, cursor: null, complete: false, deleted: [] },
      items: items.map(([id, fields]) => ({ id, record: { ...fields, id }, version: '"1"' })),
    },
    'engine',
  );
}

function written([kind, id, fields]: readonly [
  'upsert' | 'update' | 'delete',
  string,
  JsonObject,
]) {
  const whole = kind === 'upsert' ? { ...fields, id } : kind === 'delete' ? {} : fields;
  return operation(kind, id, whole);
}

function run(tab: Tab, step: Step): unknown {
  switch (step.do) {
    case 'write':
      return tab.act(recorded(written(step.write)));
    case 'other tab':
      return tab.other(recorded(written(step.write)));
    case 'pull':
      return tab.arrive([pulled(step.items)]);
    case 'journaled':
      return tab.journaled(step.count);
    case 'reject':
      return tab.reject();
    case 'reload':
      return tab.reload();
    case 'look back':
      return undefined;
  }
}

/** Records under their keys, as another selector tells them. */
function recordsOf(state: SyncState): Map<string, JsonObject> {
  return new Map(selectAllRecords(state, 'todo').map((record) => [record.id as string, record]));
}

test('S5: selectWhere says what selectAll says, over writes, rejections, pulls, other tabs, reloads, jumps back (property)', () => {
  const queries = fc.array(anyQuery, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), queries, fc.nat(), (steps, asked, past) => {
      const tab = new Tab();
      const { select, count } = createQueries('todo');
      const seen: SyncState[] = [];
      const ask = (state: SyncState) => {
        const records = recordsOf(state);
        for (const query of asked) {
          const expected = naively(records, query);
          const rows = select(state, query);
          expect(rows).toEqual(expected.rows);
          // The very records, not their like.
          expect(rows.every((record, i) => record === expected.rows[i])).toBe(true);
          expect(select(state, query)).toBe(rows);
          expect(count(state, query)).toBe(expected.count);
        }
      };
      tab.arrive([pulled(Array.from({ length: 250 }, (_, n) => [`r${n}`, { a: n % 4, b: 'ab' }]))]);
      expect(count(tab.state, {})).toBe(250);
      for (const each of steps) {
        run(tab, each);
        seen.push(tab.state);
        ask(tab.state);
        if (each.do === 'look back') ask(seen[past % seen.length] as SyncState);
      }
    }),
    { numRuns: 100 },
  );
});
