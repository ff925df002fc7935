import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { merge } from '../../src/policies/merge.ts';
import { laneKey } from '../../store/facts.ts';
import type { JsonObject } from '../../store/json.ts';
import { operationsIn } from '../../store/operationsIn.ts';
import { getIn } from '../../store/pages.ts';
import { rebase } from '../../store/rebase.ts';
import type { Operation } from '../../store/rows/row.ts';
import { coalesce } from '../../store/seal.ts';
import { answered, operation, recorded, row, sealed, TestJournal } from '../support/rows.ts';

/** Tables of all small cases, each against a definition so plain that it can be read as true. */

type Row = JsonObject | null;

/** All lists of up to `length` of these. */
function sequences<T>(items: readonly T[], length: number): T[][] {
  const all: T[][] = [[]];
  for (let from = 0, size = 1; size <= length; size++) {
    const end = all.length;
    for (; from < end; from++) {
      for (const item of items) all.push([...(all[from] as T[]), item]);
    }
  }
  return all;
}

/** All objects whose fields have one of these values each; `undefined`: not there. */
function objects<V>(fields: readonly string[], values: readonly V[]): Record<string, V>[] {
  return fields.reduce<Record<string, V>[]>(
    (made, field) =>
      made.flatMap((object) =>
        values.map((value) => (value === undefined ? object : { ...object, [field]: value })),
      ),
    [{}],
  );
}

const acts = ['create', 'update a', 'update b', 'remove', 'upsert'] as const;
type Act = (typeof acts)[number];

function changesOf(act: Act, n: number): JsonObject {
  if (act === 'remove') return {};
  if (act === 'update a') return { a: n };
  if (act === 'update b') return { b: n };
  return { id: 'x', made: n, a: -n };
}

/** One act after the other; `impossible` where nobody would do that to what is seen. */
function oneByOne(before: Row, act: Act, n: number): Row | 'impossible' {
  const isThere = before !== null;
  if (act === 'create' ? isThere : act !== 'upsert' && !isThere) return 'impossible';
  return act === 'remove' ? null : { ...before, ...changesOf(act, n) };
}

/** A lane on a journal, and a server that takes nothing which is not legal there. */
class Lane {
  readonly journal = new TestJournal();
  server: Row;
  illegal: string | null = null;
  #sent: Operation[] = [];

  constructor(base: Row) {
    this.server = base;
    if (!base) return;
    const item = { id: 'x', record: base, version: '"1"' };
    const pulled = { type: 'pulled', model: 'todo', items: [item], deleted: [] } as const;
    this.journal.add(row({ ...pulled, since: null, cursor: 'c', complete: true }));
  }

  get waiting(): Operation[] {
    return operationsIn(this.journal.facts, laneKey('todo', 'x'));
  }

  get shown(): Row {
    return this.#entry?.shown ?? null;
  }

  get #entry() {
    const records = this.journal.facts.models.todo?.records;
    return records && getIn(records, 'x');
  }

  record(act: Act, n: number): void {
    const [kind] = act.split(' ') as [Operation['kind'] | 'remove'];
    const made = operation(kind === 'remove' ? 'delete' : kind, 'x', changesOf(act, n));
    this.journal.add(recorded(made));
  }

  /** The answer to what is under way comes, and what waits is sealed and reaches the server. */
  exchange(): void {
    if (this.#sent.length > 0) this.journal.add(answered(this.#sent, this.server));
    this.#sent = [];
    const { waiting } = this;
    const intent = coalesce(waiting, this.#entry);
    if (!intent) return;
    const operations = waiting.slice(0, intent.operationIds.length);
    const operationIds = operations.map(({ id }) => id);
    if (!isDeepStrictEqual(operationIds, intent.operationIds)) this.illegal ??= 'not the first';
    if (intent.kind === 'nothing') {
      this.journal.add(row({ type: 'cancelled', model: 'todo', recordId: 'x', operationIds }));
      return;
    }
    this.journal.add(sealed(operations));
    this.#sent = operations;
    if ((intent.kind === 'create') === (this.server !== null)) {
      this.illegal ??= `${intent.kind} of a record that is ${this.server ? '' : 'not '}there`;
    }
    this.server = intent.kind === 'delete' ? null : { ...this.server, ...intent.changes };
  }
}

describe('sealing', () => {
  test('DA14 CR13: whatever is sealed when, the server sees a legal order with the effect of all one by one', () => {
    const bases: Row[] = [null, { id: 'x', a: 0, b: 0 }];
    let cases = 0;
    for (const base of bases) {
      for (const sequence of sequences(acts, 4)) {
        let naive: Row | 'impossible' = base;
        const states = sequence.map((act, n) => {
          if (naive !== 'impossible') naive = oneByOne(naive, act, n + 1);
          return naive;
        });
        if (states.includes('impossible')) continue;
        for (let cuts = 0; cuts < 1 << sequence.length; cuts++) {
          cases++;
          const lane = new Lane(base);
          const name = () => `${JSON.stringify(base)}: ${sequence.join(', ')} (cuts ${cuts})`;
          sequence.forEach((act, n) => {
            lane.record(act, n + 1);
            if (!isDeepStrictEqual(lane.shown, states[n]))
              expect(lane.shown, name()).toEqual(states[n]);
            if (cuts & (1 << n)) lane.exchange();
          });
          for (let left = sequence.length + 1; left > 0; left--) lane.exchange();
          const { illegal, server, journal, shown } = lane;
          const { size } = journal.facts.settlements;
          const expected = { illegal: null, server: naive, shown: naive, settled: sequence.length };
          const seen = { illegal, server, shown, settled: size };
          if (!isDeepStrictEqual(seen, expected)) expect(seen, name()).toEqual(expected);
        }
      }
    }
    expect(cases).toBe(5_174);
  });
});

describe('rebase', () => {
  const kinds = ['create', 'update', 'upsert', 'delete'] as const;
  const changes = objects(['a', 'b'], [undefined, 1, 2]) as JsonObject[];
  const operations = kinds.flatMap((kind) =>
    [true, false].flatMap((visible) =>
      (kind === 'delete' ? [{}] : changes).map((one) => operation(kind, 'x', one, { visible })),
    ),
  );
  const bases: Row[] = [null, ...changes];

  /** The definition: one after the other; a hidden one hides all behind it. */
  function oneAfterTheOther(base: Row, list: readonly Operation[]): Row {
    const [first, ...rest] = list;
    if (!first?.visible) return base;
    const isUpdateOfNothing = first.kind === 'update' && base === null;
    const next =
      first.kind === 'delete' || isUpdateOfNothing ? null : { ...base, ...first.changes };
    return oneAfterTheOther(next, rest);
  }

  test('DA13 I9: base with what waits on top, for all bases and all pairs of operations', () => {
    const pairs = [[], ...operations.map((one) => [one])];
    for (const one of operations) for (const two of operations) pairs.push([one, two]);
    for (const base of bases) {
      for (const list of pairs) {
        const shown = rebase(base, list, null);
        const expected = oneAfterTheOther(base, list);
        if (!isDeepStrictEqual(shown, expected)) expect({ base, list, shown }).toEqual(expected);
        for (let out = 1; out < 1 << list.length; out++) {
          // What was rolled back is as if it had never been.
          const gone = list.filter((_, i) => out & (1 << i));
          const kept = oneAfterTheOther(
            base,
            list.filter((item) => !gone.includes(item)),
          );
          const parked = { rollback: true, operationIds: gone.map(({ id }) => id) };
          const rolled = rebase(base, list, parked);
          if (!isDeepStrictEqual(rolled, kept)) expect({ base, list, gone, rolled }).toEqual(kept);
          const still = rebase(base, list, { ...parked, rollback: false });
          if (!isDeepStrictEqual(still, expected)) expect({ base, list, still }).toEqual(expected);
        }
      }
    }
    expect(pairs.length).toBeGreaterThan(1_500);
  });

  test('I13: a new base changes what no edit touches, and nothing else; the same edits twice are once', () => {
    const updates = operations.filter(({ kind, visible }) => kind === 'update' && visible);
    for (const base of changes) {
      for (const one of updates) {
        for (const two of updates) {
          const shown = rebase(base, [one, two], null) ?? {};
          for (const field of ['a', 'b']) {
            const touched = [two, one].find((item) => Object.hasOwn(item.changes, field));
            expect(shown[field]).toBe(touched ? touched.changes[field] : base[field]);
          }
          expect(rebase(shown, [one, two], null)).toEqual(shown);
        }
      }
    }
  });
});

describe('merge', () => {
  const reversed = (object: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(object).reverse());

  /** All laws of the default policy for one case; the first that does not hold. */
  function brokenLaw(base: Row, local: JsonObject, remote: JsonObject): string | null {
    const { changes, overwritten } = merge(base, local, remote);
    const result: JsonObject = { ...remote, ...changes };
    const fields = new Set([...Object.keys(local), ...Object.keys(remote), ...Object.keys(result)]);
    for (const field of fields) {
      const isOurs = Object.hasOwn(local, field);
      const value = isOurs ? local[field] : remote[field];
      if (!isDeepStrictEqual(result[field], value))
        return isOurs ? 'ours stays' : 'theirs is taken';
      const differs = isOurs && !isDeepStrictEqual(local[field], remote[field]);
      if (Object.hasOwn(changes, field) !== differs) return 'only what differs is sent';
      const theyChanged = !isDeepStrictEqual(base?.[field], remote[field]);
      const told = overwritten.find((item) => item.field === field);
      if (Boolean(told) !== (differs && theyChanged)) return 'what both changed is told';
      const both = { field, local: local[field], remote: remote[field] ?? null };
      if (told && !isDeepStrictEqual(told, both)) return 'it is told with both values';
    }
    const again = merge(remote, changes, result);
    if (Object.keys(again.changes).length + again.overwritten.length > 0) return 'once is enough';
    const turned = merge(base && reversed(base), reversed(local), reversed(remote));
    if (!isDeepStrictEqual(turned.changes, changes)) return 'the order of keys says nothing';
    if (isDeepStrictEqual(base, remote) && overwritten.length > 0)
      return 'an equal base: no conflict';
    return null;
  }

  test.each([
    ['three fields of three values', ['a', 'b', 'c'], [undefined, 1, 2]],
    [
      'two fields with nulls and nested values',
      ['a', 'b'],
      [undefined, null, 1, { n: 1 }, { n: 2 }],
    ],
  ])(
    'P9 DA13: %s, all of base, ours and theirs: no law of merging is broken',
    (_, fields, values) => {
      const all = objects<unknown>(fields, values) as JsonObject[];
      let cases = 0;
      for (const base of [null, ...all]) {
        for (const local of all) {
          for (const remote of all) {
            cases++;
            const law = brokenLaw(base, local, remote);
            if (law) expect({ law, base, local, remote }).toBeNull();
          }
        }
      }
      expect(cases).toBe((all.length + 1) * all.length * all.length);
    },
  );
});
