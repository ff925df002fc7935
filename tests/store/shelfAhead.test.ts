import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Facts } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { valuesOf } from '../../store/pages.ts';
import { decodeEntry, encodeRow } from '../../store/rows/codec.ts';
import type { JournalEntry } from '../../store/rows/row.ts';
import { type Ahead, aheadStepwise, rowsAhead } from '../../store/shelf/ahead.ts';
import type { ShelfLine } from '../../store/shelf/line.ts';
import { addedLines } from '../../store/shelf/linesOf.ts';
import { answered, operation, recorded, row, sealed } from '../support/rows.ts';
import { outboxOf, Shelves, step, take, waitsInVain } from '../support/shelves.ts';

const own = 'own';
const database = { id: own };

function compare(
  files: readonly (readonly ShelfLine[])[],
  facts: Facts,
  { isWhole = true, unread = 0 } = {},
): Ahead | null {
  const comparing = aheadStepwise(files, { ...database, unread }, facts, isWhole);
  for (;;) {
    const next = comparing.next();
    if (next.done) return next.value;
  }
}

/** The files as the database's own. */
function filesOf(shelves: Shelves): ShelfLine[][] {
  return shelves.read().map((lines) => [head(own), ...lines]);
}

function head(database: string, ...replaces: string[]): ShelfLine {
  return { v: 1, kind: 'file', database, replaces };
}

/** What a database comes to that takes in what is ahead of it. */
function takenIn(ahead: Ahead | null, facts: Facts): Facts {
  if (!ahead) return facts;
  const rows = rowsAhead(ahead, facts, { from: own, at: 9, writer: 'start/engine' });
  const entries = rows.map((item, i): JournalEntry => {
    return decodeEntry(facts.head + 1 + i, typeof item === 'string' ? item : encodeRow(item));
  });
  const folded = foldEntries(facts, entries);
  expect(folded.illegal).toEqual([]);
  return folded.facts;
}

describe('a database that has lost its last rows', () => {
  test('N16 ST14: takes from the second shelf what waited, whatever happened and however much is lost', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(), (steps, cut) => {
        const shelves = new Shelves();
        const moments: Facts[] = [shelves.facts];
        for (const each of steps) {
          take(shelves, each);
          moments.push(shelves.facts);
        }
        const before = moments[cut % moments.length] as Facts;
        const ahead = compare(filesOf(shelves), before);
        if (ahead) seen.add(ahead.isShort ? 'short' : 'changes alone');
        const after = takenIn(ahead, before);
        const byRecord = (facts: Facts) =>
          outboxOf(facts).sort((a, b) => (a.recordId < b.recordId ? -1 : 1));
        expect(byRecord(after)).toEqual(byRecord(shelves.facts));
        expect(waitsInVain(after).sort()).toEqual(waitsInVain(shelves.facts).sort());
        expect(after.generation).toBe(shelves.facts.generation);
      }),
      { numRuns: 2_000 },
    );
    expect([...seen].sort()).toEqual(['changes alone', 'short']);
  });

  test('N16: changes whose rows never came, or are gone, come back as they were written', () => {
    const shelves = new Shelves();
    shelves.write('one', recorded(operation('create', 'a', { n: 1 })));
    const before = shelves.facts;
    shelves.write('two', recorded(operation('update', 'a', { n: 2 })));
    shelves.write('one', recorded(operation('update', 'a', { n: 3 })));
    const ahead = compare(filesOf(shelves), before);
    expect(ahead).toMatchObject({ isShort: false, lanes: [], rows: [], generation: null });
    const told = ahead?.changes.map(({ actionId, operation }) => [actionId, operation.changes]);
    expect(told).toEqual([
      [{ writer: 'two', n: 2 }, { n: 2 }],
      [{ writer: 'one', n: 3 }, { n: 3 }],
    ]);
    // The rows themselves, if they come after all, change nothing more.
    const after = takenIn(ahead, before);
    const late = foldEntries(
      after,
      (ahead?.changes ?? []).map(({ actionId, operation }, i) => ({
        sequence: after.head + 1 + i,
        row: { ...recorded(operation), actionId },
      })),
    );
    expect(outboxOf(late.facts)).toEqual(outboxOf(after));
  });

  test('N16: nothing is ahead of a database that has it all', () => {
    const shelves = new Shelves();
    shelves.write('one', recorded(operation('create', 'a', { n: 1 })));
    shelves.restate('two', false);
    expect(compare(filesOf(shelves), shelves.facts)).toBeNull();
  });

  test('N16 P6: an answer that it has lost leaves no base under what waits, and the next pull begins at the start', () => {
    const shelves = new Shelves();
    const page = { since: null, cursor: '7', complete: true, deleted: [] };
    const items = [{ id: 'a', record: { id: 'a', n: 0, other: 0 }, version: '"1"' }];
    shelves.write('one', row({ type: 'pulled', model: 'todo', items, ...page }));
    const first = operation('update', 'a', { n: 1 });
    shelves.write('one', recorded(first));
    const before = shelves.facts;
    shelves.write('one', sealed([first]));
    shelves.write('one', recorded(operation('update', 'a', { n: 2 })));
    shelves.write('one', answered([first], { id: 'a', n: 1, other: 5 }));
    const after = takenIn(compare(filesOf(shelves), before), before);
    const [entry] = valuesOf(after.models.todo?.records ?? (after.lanes as never));
    expect(entry).toMatchObject({ base: null, version: null, shown: null });
    expect(valuesOf(after.lanes)).toMatchObject([{ count: 1, salvage: { base: { n: 1 } } }]);
    expect(after.models.todo?.cursor).toBeNull();
  });

  test('N16: what depends on one that was discarded in them waits in vain as before', () => {
    const shelves = new Shelves();
    const first = operation('create', 'a', { n: 1 });
    shelves.write('one', recorded(first));
    const before = shelves.facts;
    for (const what of ['reject', 'discard'] as const)
      take(shelves, { do: what, id: 'a', file: 'one' });
    const dependsOn = [first.id];
    shelves.write('one', recorded(operation('update', 'b', { n: 2 }, { dependsOn })));
    const inVain = waitsInVain(shelves.facts);
    expect(inVain).toHaveLength(1);
    expect(waitsInVain(takenIn(compare(filesOf(shelves), before), before))).toEqual(inVain);
  });

  test('N16 SEC4: changes that were told beside a clear, and whose page died, stay cleared', () => {
    const shelves = new Shelves();
    shelves.write('one', recorded(operation('create', 'z', { n: 0 })));
    const told = ['a', 'b'].map((id, i) => ({
      sequence: shelves.facts.head + 1 + i,
      row: { ...recorded(operation('create', id)), actionId: { writer: 'two', n: i + 1 } },
    }));
    const lines = addedLines(shelves.facts, told, () => true) ?? [];
    shelves.write('one', row({ type: 'purged', generation: 1 }));
    shelves.restate('one', true);
    const files = [...filesOf(shelves), [head(own), ...lines]];
    expect(outboxOf(takenIn(compare(files, shelves.facts), shelves.facts))).toEqual([]);
  });

  test('N16: of changes that were told under sequences of others either all come back or none', () => {
    const shelves = new Shelves();
    const before = shelves.facts.head;
    const kinds = ['create', 'update'] as const;
    const told = kinds.map((kind, i) => ({
      sequence: before + 1 + i,
      row: {
        ...recorded(operation(kind, 'a', { n: i })),
        actionId: { writer: 'two', n: i + 1 },
      },
    }));
    const lines = addedLines(shelves.facts, told, () => true) ?? [];
    // Another tab was first with one, and the browser died.
    shelves.write('one', recorded(operation('create', 'b', { n: 0 })));
    const files = [...filesOf(shelves), [head(own), ...lines]];
    const after = takenIn(compare(files, shelves.facts), shelves.facts);
    expect(outboxOf(after).map(({ recordId, count }) => [recordId, count])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });

  test('ST13: a line that can not be read does not end what the database still holds', () => {
    const shelves = new Shelves();
    shelves.write('one', recorded(operation('create', 'a', { n: 1 })));
    const before = shelves.facts;
    shelves.write('one', recorded(operation('create', 'b', { n: 1 })));
    shelves.restate('one', true);
    const files = filesOf(shelves).map((lines) =>
      lines.filter((line) => line.kind !== 'lane' || line.recordId !== 'a'),
    );
    const left = (isWhole: boolean) => {
      const after = takenIn(compare(files, before, { isWhole }), before);
      return outboxOf(after).map(({ recordId }) => recordId);
    };
    expect(left(false)).toEqual(['a', 'b']);
    expect(left(true)).toEqual(['b']);
  });

  test('N16: files from before a start that could not read them end nothing, and what is not known of them waits', () => {
    const shelves = new Shelves();
    const first = operation('create', 'a', { n: 1 });
    shelves.write('one', recorded(first));
    const before = shelves.facts;
    shelves.write('one', sealed([first]));
    shelves.write('one', answered([first], { id: 'a', n: 1 }));
    shelves.write('one', recorded(operation('create', 'b', { n: 2 })));
    const files = filesOf(shelves);
    expect(compare(files, before)?.isShort).toBe(true);
    const ahead = compare(files, before, { unread: 1 });
    expect(ahead).toMatchObject({ isShort: false, lanes: [], changes: [] });
    const waits = outboxOf(takenIn(ahead, before)).map(({ recordId }) => recordId);
    expect(waits).toEqual(['a', 'b']);
  });

  test('N16: of databases that have taken it in since the last one has the word', () => {
    const old = new Shelves();
    old.write('one', recorded(operation('create', 'a', { n: 1 })));
    const before = old.facts;
    const next = new Shelves();
    next.write('one', recorded(operation('create', 'b', { n: 1 })));
    next.restate('one', true);
    const files = [
      [head(own), ...(old.read()[0] ?? [])],
      [head('next', own), ...(next.read()[0] ?? [])],
    ];
    const after = takenIn(compare(files, before), before);
    expect(outboxOf(after).map(({ recordId }) => recordId)).toEqual(['b']);
  });

  test('N16 P23: what waits unread is told once, in the order of what was told last', () => {
    const shelves = new Shelves();
    const before = shelves.facts;
    const text = '{"v":9,"model":"todo","recordId":"a"}';
    const lane = { model: 'todo', recordId: 'a' };
    const unread = { sequence: 1, row: null, text, lane, reason: 'newer' } as const;
    shelves.facts = foldEntries(shelves.facts, [unread]).facts;
    shelves.write('two', recorded(operation('update', 'a', { n: 1 })));
    shelves.restate('one', false);
    const waits = valuesOf(shelves.facts.quarantine).map((item) => item.text);
    expect(compare(filesOf(shelves), before)?.rows).toEqual(waits);
  });
});
