import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyFacts } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { getIn, valuesOf } from '../../store/pages.ts';
import { revive } from '../../store/quarantine.ts';
import { decodeEntry, encodeRow } from '../../store/rows/codec.ts';
import { rowChecks } from '../../store/rows/codecs.ts';
import type { JournalEntry, Row, RowType } from '../../store/rows/row.ts';
import { upcast } from '../../store/upcasters.ts';
import { canonical, models, operation, recorded, row, TestJournal } from '../support/rows.ts';

/** One row of each type as version 1 writes it: what stands there must be readable for ever. */
const golden = readFileSync(new URL('./fixtures/rows.v1.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');

function reason(text: unknown): string {
  const entry = decodeEntry(1, text);
  return entry.row === null ? entry.reason : 'readable';
}

describe('rows on disk', () => {
  test('UP1: every row of every released version is readable, word for word', () => {
    const types = golden.map((text) => {
      const entry = decodeEntry(7, text);
      if (entry.row === null) return expect.fail(entry.reason);
      expect(encodeRow(entry.row)).toBe(text);
      return entry.row.type;
    });
    expect(new Set(types)).toEqual(new Set(Object.keys(rowChecks) as RowType[]));
  });

  test('UP1: the golden journal folds to what it folded to when it was written', () => {
    const entries = golden.map((text, i) => decodeEntry(i + 1, text));
    const expected = JSON.parse(
      readFileSync(new URL('./fixtures/facts.v1.json', import.meta.url), 'utf8'),
    ) as unknown;
    const { facts } = foldEntries(emptyFacts(models), entries);
    expect(JSON.parse(JSON.stringify(canonical(facts)))).toEqual(expected);
  });

  test('P23: what can not be read comes back with its bytes and the reason, never as an error', () => {
    const row = recorded(operation('create', 'a'));
    expect(reason('{"v":1,')).toBe('the row is not JSON');
    expect(reason('[]')).toBe('the row is no object');
    expect(reason(new Uint8Array(3))).toBe('the row is not text');
    expect(reason(undefined)).toBe('the row is not text');
    expect(reason(JSON.stringify({ ...row, v: 99 }))).toBe('no upcaster for version 99');
    expect(reason(JSON.stringify({ ...row, v: 0 }))).toBe('no upcaster for version 0');
    expect(reason(JSON.stringify({ ...row, type: 'toString' }))).toBe(
      'no row of type toString is known',
    );
    expect(reason(JSON.stringify({ ...row, operation: 1 }))).toBe('a malformed recorded row');
    expect(decodeEntry(3, JSON.stringify({ ...row, v: 9 }))).toMatchObject({
      ...{ sequence: 3, row: null, lane: { model: 'todo', recordId: 'a' } },
    });
  });

  test('hostile bytes never make a decoder throw (property)', () => {
    const mutated = fc
      .tuple(fc.constantFrom(...golden), fc.nat(400), fc.string({ maxLength: 5 }))
      .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + put.length));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), mutated), (text) => {
        const entry = decodeEntry(1, text);
        expect(entry.sequence).toBe(1);
        foldEntries(emptyFacts(models), [entry]);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('upcasters', () => {
  const known = {
    recorded: { 1: (row: Record<string, unknown>) => ({ ...row, added: true }), 2: () => null },
  };

  test('go row to row by version', () => {
    expect(upcast({ type: 'recorded', v: 1 }, known, 2)).toEqual({
      type: 'recorded',
      v: 2,
      added: true,
    });
  });

  test('UP2: one that refuses or is missing leaves the row unreadable', () => {
    expect(upcast({ type: 'recorded', v: 1 }, known, 3)).toBeNull();
    expect(upcast({ type: 'sealed', v: 1 }, known, 2)).toBeNull();
    expect(upcast({ v: 1 }, known, 2)).toBeNull();
    expect(upcast({ type: 'recorded' }, known, 2)).toBeNull();
  });
});

describe('quarantine', () => {
  const bad = (sequence: number, id: string | null): JournalEntry => {
    const lane = id === null ? null : { model: 'todo', recordId: id };
    return { sequence, row: null, text: '{"v":9}', lane, reason: 'no upcaster' };
  };

  test('N10: a row that can not be read is kept, and later rows of its record wait behind it', () => {
    const edit = recorded(operation('create', 'a', { id: 'a' }));
    const other = recorded(operation('create', 'b', { id: 'b' }));
    const entries: JournalEntry[] = [
      bad(1, 'a'),
      { sequence: 2, row: edit },
      { sequence: 3, row: other },
      bad(4, null),
    ];
    const { facts } = foldEntries(emptyFacts(models), entries);
    expect(facts.quarantine.size).toBe(3);
    expect(facts.head).toBe(4);
    expect(valuesOf(facts.outbox).map((item) => item.recordId)).toEqual(['b']);
  });

  test('N10: every act of a person on that record waits behind it; what the engine says does not', () => {
    const about = { model: 'todo', recordId: 'a', operationIds: ['x'] } as const;
    const choice = { replaced: [], operation: null, base: null, version: null, overwritten: [] };
    const acts = [
      row({ ...about, type: 'cancelled' }),
      row({ ...about, type: 'discarded' }),
      row({ ...about, ...choice, type: 'resolved', by: 'person' }),
    ];
    const others = [
      { ...row({ ...about, type: 'cancelled' }), actionId: { writer: 'tab/engine', n: 1 } },
      { ...row({ ...about, ...choice, type: 'resolved', by: 'policy' }) },
    ] as Row[];
    const entries = [...acts, ...others].map((item, i) => ({ sequence: i + 2, row: item }));
    const { facts, illegal } = foldEntries(emptyFacts(models), [bad(1, 'a'), ...entries]);
    expect(facts.quarantine.size).toBe(1 + acts.length);
    expect(illegal).toHaveLength(others.length);
  });

  test('N10: a clear ends what waits behind it too: writes, retries, edits and choices of a person', () => {
    const about = { model: 'todo', recordId: 'a', operationIds: ['dead'] } as const;
    const choice = { replaced: ['x'], base: null, version: null, overwritten: [] };
    const make = () => operation('update', 'a', { n: 1 });
    const [written, retried, edited, behind, chosen] = [make(), make(), make(), make(), make()];
    const rows = [
      recorded(written),
      row({ ...about, type: 'retried', operation: retried }),
      row({ ...about, type: 'edited', operation: edited, behind }),
      row({ ...about, ...choice, type: 'resolved', by: 'person', operation: chosen }),
      row({ type: 'purged', generation: 1 }),
    ];
    const entries = rows.map((item, i) => ({ sequence: i + 2, row: item }));
    const { facts } = foldEntries(emptyFacts(models), [bad(1, 'a'), ...entries]);
    for (const { id } of [written, retried, edited, behind, chosen]) {
      expect(getIn(facts.settlements, id)?.outcome).toBe('discarded');
    }
  });

  test('N10: a build that can read it folds it, and what waited behind it', () => {
    const create = recorded(operation('create', 'a', { id: 'a', n: 1 }));
    const edit = recorded(operation('update', 'a', { n: 2 }));
    const unreadable: JournalEntry = {
      ...{ sequence: 1, row: null, text: encodeRow(create), reason: 'an older build' },
      lane: { model: 'todo', recordId: 'a' },
    };
    const { facts } = foldEntries(emptyFacts(models), [unreadable, { sequence: 2, row: edit }]);
    expect(facts.outbox.size).toBe(0);
    const revived = revive(facts);
    expect(revived.quarantine.size).toBe(0);
    expect(getIn(revived.models.todo?.records ?? expect.fail(), 'a')?.shown).toEqual({
      id: 'a',
      n: 2,
    });
    expect(revived.head).toBe(2);
  });

  test('what still can not be read stays, and nothing changes', () => {
    const { facts } = foldEntries(emptyFacts(models), [bad(1, 'a')]);
    expect(revive(facts)).toBe(facts);
    const empty = new TestJournal().facts;
    expect(revive(empty)).toBe(empty);
  });
});
