import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyFacts, laneKey } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { getIn, valuesOf } from '../../store/pages.ts';
import type { Row } from '../../store/rows/row.ts';
import {
  decodeLine,
  encodeLine,
  framed,
  type ShelfLine,
  unframed,
} from '../../store/shelf/line.ts';
import { outboxLines } from '../../store/shelf/linesOf.ts';
import { recoverShelf } from '../../store/shelf/recover.ts';
import {
  answered,
  failure,
  models,
  operation,
  type PlainRow,
  recorded,
  row,
  sealed,
} from '../support/rows.ts';
import { ids, outboxOf, Shelves, step, take, waitsInVain } from '../support/shelves.ts';

describe('the second shelf', () => {
  test('N16 P6: what the files tell is the outbox, whatever happened and whoever wrote it, with what waits in vain', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const shelves = new Shelves();
        for (const each of steps) take(shelves, each);
        const expected = outboxOf(shelves.facts);
        for (const { state, parked } of expected) seen.add(parked?.reason ?? state);
        const recovered = shelves.recovered();
        expect(outboxOf(recovered)).toEqual(expected);
        const inVain = waitsInVain(shelves.facts);
        if (inVain.length > 0) seen.add('waits in vain');
        expect(waitsInVain(recovered)).toEqual(inVain);
      }),
      { numRuns: 1_000 },
    );
    expect([...seen].sort()).toEqual([
      ...['conflict', 'pending', 'rejected', 'syncing', 'waits in vain'],
    ]);
  });

  test('N16: a merge after the loss knows the base of the fields that were changed, and its version', () => {
    const shelves = new Shelves();
    const record = { id: 'a', title: 'then', done: false, other: 'untouched' };
    shelves.write(
      'one',
      row({
        ...{ type: 'pulled', model: 'todo', deleted: [], since: null, cursor: null },
        ...{ items: [{ id: 'a', record, version: '"3"', alias: '17' }], complete: true },
      }),
    );
    shelves.write('two', recorded(operation('update', 'a', { title: 'now' })));
    shelves.write('one', recorded(operation('update', 'a', { done: true })));
    const facts = shelves.recovered();
    const lane = getIn(facts.lanes, laneKey('todo', 'a'));
    expect(lane?.salvage).toEqual({ base: { title: 'then', done: false }, version: '"3"' });
    const entry = facts.models.todo && getIn(facts.models.todo.records, 'a');
    // An edit of a record that is not known any more is not shown before the server tells of it.
    expect(entry).toMatchObject({ base: null, shown: null, alias: '17' });
  });

  test('N16 P23: what could not be read comes back as it was, and what waits behind it waits on', () => {
    const shelves = new Shelves();
    const unreadable = '{"v":9,"model":"todo","recordId":"a"}';
    const lane = { model: 'todo', recordId: 'a' };
    const entry = { sequence: 1, row: null, text: unreadable, lane, reason: 'newer' } as const;
    shelves.facts = foldEntries(shelves.facts, [entry]).facts;
    shelves.write('one', recorded(operation('update', 'a', { n: 1 })));
    const waits = valuesOf(shelves.facts.quarantine).map(({ text }) => text);
    expect(waits).toHaveLength(2);
    const told = recoverShelf([...shelves.files.values()]);
    expect(told).toEqual({ rows: waits.slice(1), lanes: [] });
    shelves.restate('one', true);
    shelves.restate('two', false);
    const { rows, lanes } = recoverShelf([...shelves.files.values()]);
    expect(rows).toEqual(waits);
    expect(lanes).toEqual([]);
  });

  test('N16 ST25: a database that was lost before it had said all that it took over hides nothing of the one before', () => {
    const first = new Shelves();
    for (const id of ids) first.write('one', recorded(operation('create', id, { n: 1 })));
    const second = new Shelves();
    const taken = recoverShelf([...first.files.values()]).lanes.map(
      (lane) => row({ type: 'recovered', from: 'first', ...lane }) as Row,
    );
    second.write('two', ...taken);
    second.write('two', recorded(operation('update', 'a', { n: 2 })));
    const head = (database: string, replaces: readonly string[]): ShelfLine => ({
      ...{ v: 1, kind: 'file', database, replaces },
    });
    const before = [...first.files.values()].map((lines) => [head('first', []), ...lines]);
    const all = [...outboxLines(second.facts)];
    for (let told = 0; told <= all.length; told++) {
      // The older one's file may be listed before or behind.
      const now = [head('second', ['first']), ...all.slice(0, told)];
      for (const files of [
        [...before, now],
        [now, ...before],
      ]) {
        const { lanes } = recoverShelf(files);
        const names = lanes.map(({ recordId }) => recordId).sort();
        expect(names).toEqual([...ids]);
      }
    }
    const whole = recoverShelf([...before, [head('second', ['first']), ...all]]);
    expect(whole.lanes.find(({ recordId }) => recordId === 'a')?.operations).toHaveLength(2);
    // The same where a later change stands behind a part of it.
    const late: ShelfLine[] = [head('second', ['first']), ...all.slice(0, 1)];
    const { lanes } = recoverShelf([late, ...before]);
    expect(lanes.find(({ recordId }) => recordId === 'a')?.operations).toHaveLength(2);
  });

  test('N16: of three databases lost in turn the newest has the last word, however few of the others it names', () => {
    const shelves = new Shelves();
    shelves.write('one', recorded(operation('create', 'a', { n: 1 })));
    const lines = shelves.files.get('one') ?? [];
    // The first one's files are gone: the second, which named it, told all of it.
    const second: ShelfLine[] = [
      { v: 1, kind: 'file', database: 'second', replaces: ['first'] },
      ...lines,
    ];
    const [of] = outboxLines(shelves.facts);
    if (of?.kind !== 'lane') throw new Error('no lane');
    // It ended there.
    const over: ShelfLine = { ...of, s: 1, operationIds: [], operations: [] };
    const third: ShelfLine[] = [
      { v: 1, kind: 'file', database: 'third', replaces: ['second'] },
      over,
    ];
    for (const files of [
      [second, third],
      [third, second],
    ]) {
      expect(recoverShelf(files).lanes).toEqual([]);
    }
  });

  test('N16 P28: what the server calls a record that is named by what waits is known after the loss, whenever it was told', () => {
    for (const when of ['before', 'after', 'restated'] as const) {
      const shelves = new Shelves();
      const parent = operation('create', 'a', { title: 'list' });
      const child = recorded(operation('create', 'b', { parents: ['a', 'c'] }));
      shelves.write('one', recorded(parent), sealed([parent]));
      if (when !== 'before') shelves.write('two', child);
      shelves.write('one', answered([parent], { title: 'list' }, '"1"', '17'));
      if (when === 'before') shelves.write('two', child);
      if (when === 'restated') shelves.restate('one', true);
      const { lanes } = recoverShelf([...shelves.files.values()]);
      const names = [{ model: 'todo', recordId: 'a', alias: '17' }];
      expect(lanes).toMatchObject([{ recordId: 'b', names }]);
      // One that waits itself is known by its lane.
      shelves.write('one', recorded(operation('update', 'a', { title: 'now' })));
      const waiting = recoverShelf([...shelves.files.values()]).lanes;
      expect(waiting.find(({ recordId }) => recordId === 'b')?.names).toBeUndefined();
      expect(waiting.find(({ recordId }) => recordId === 'a')?.alias).toBe('17');
    }
  });

  test('P6: where only the ending of an operation was kept, and not that its lane is over, it comes back', () => {
    const shelves = new Shelves();
    const parent = operation('create', 'a', { n: 1 });
    shelves.write('one', recorded(parent));
    const child = operation('create', 'b', { n: 2 }, { dependsOn: [parent.id] });
    shelves.write('one', recorded(child));
    const cancelled = { type: 'cancelled', model: 'todo', recordId: 'a' } as const;
    shelves.write('one', row({ ...cancelled, operationIds: [parent.id] }));
    const lines = shelves.files.get('one') ?? [];
    expect(lines.slice(-2).map(({ kind }) => kind)).toEqual(['ended', 'lane']);
    shelves.files.set('one', lines.slice(0, -1));
    const recovered = shelves.recovered();
    expect(outboxOf(recovered).map(({ recordId }) => recordId)).toEqual(['a', 'b']);
    expect(waitsInVain(recovered)).toEqual([]);
    shelves.files.set('one', lines);
    expect(waitsInVain(shelves.recovered())).toEqual([`${child.id} for ${parent.id}`]);
  });

  test('P6: one that failed holds up what depends on it until a retry of it has reached the server', () => {
    const shelves = new Shelves();
    const parent = operation('update', 'a', { n: 1 });
    const child = operation('update', 'b', { n: 2 }, { dependsOn: [parent.id] });
    shelves.write('one', recorded(parent), recorded(child), sealed([parent]));
    const about = { model: 'todo', recordId: 'a', operationIds: [parent.id] } as const;
    const parked = {
      ...about,
      type: 'parked',
      reason: 'rejected',
      failure,
      rollback: false,
    } as const;
    shelves.write('one', row(parked));
    const again = operation('update', 'a', { n: 1 }, { supersedes: [parent.id] });
    shelves.write('one', row({ ...about, type: 'retried', operation: again }));
    shelves.write('one', sealed([again]));
    shelves.write('one', answered([again], { id: 'a', n: 1 }));
    const lines = shelves.files.get('one') ?? [];
    expect(lines.filter(({ kind }) => kind === 'ended')).toMatchObject([
      { operationId: parent.id, outcome: 'committed' },
    ]);
    expect(waitsInVain(shelves.recovered())).toEqual([]);
    // Also where it is told anew, and where another comes that depends on it.
    shelves.write('two', recorded(operation('update', 'c', { n: 3 }, { dependsOn: [parent.id] })));
    shelves.restate('one', false);
    expect(waitsInVain(shelves.recovered())).toEqual([]);
  });

  test('N16: what files without a head, of databases that know nothing of each other, tell is all taken in', () => {
    const [one, other] = [new Shelves(), new Shelves()];
    one.write('one', recorded(operation('update', 'a', { n: 1 })));
    other.write('two', recorded(operation('update', 'a', { n: 2 })));
    other.restate('two', true);
    const own: ShelfLine = { v: 1, kind: 'file', database: 'other', replaces: ['elsewhere'] };
    const unread: ShelfLine = { v: 1, kind: 'row', s: 9, text: 'unread' };
    const files = [
      [...(one.files.get('one') ?? []), unread],
      [own, ...(other.files.get('two') ?? [])],
    ];
    const { lanes, rows } = recoverShelf([...files, []]);
    expect(lanes.map(({ operations }) => operations[0]?.changes)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(rows).toEqual(['unread']);
    expect(recoverShelf([])).toEqual({ lanes: [], rows: [] });
  });

  test('N16: hundreds of thousands of lines of one file are not too many', () => {
    const lines = Array.from({ length: 300_000 }, (_, i): ShelfLine => {
      return { v: 1, kind: 'ended', s: i, operationId: `o${i}`, outcome: 'rejected' };
    });
    const one = new Shelves();
    one.write('one', recorded(operation('create', 'a', { n: 1 })));
    const { lanes } = recoverShelf([[...lines, ...(one.files.get('one') ?? [])]]);
    expect(lanes.map(({ recordId }) => recordId)).toEqual(['a']);
  });

  test('N16 P28: two models may know one key by different ids of the server, and both are told', () => {
    const alias = (model: string, id: string, s = 1): ShelfLine => ({
      ...{ v: 1, kind: 'alias', s, model, recordId: 'a', alias: id },
    });
    const shelves = new Shelves();
    shelves.write('one', recorded(operation('update', 'b', { parent: 'a' })));
    const lines = shelves.files.get('one') ?? [];
    const names = (told: readonly ShelfLine[]) => recoverShelf([told]).lanes[0]?.names;
    expect(names([...lines, alias('todo', '17'), alias('list', '18')])).toEqual([
      { model: 'todo', recordId: 'a', alias: '17' },
      { model: 'list', recordId: 'a', alias: '18' },
    ]);
    // What was said before all was said anew is over.
    const through: ShelfLine = { v: 1, kind: 'through', s: 2, generation: 0 };
    const restated = lines.map((line) => ({ ...line, s: 3 }) as ShelfLine);
    expect(names([alias('todo', '17'), through, ...restated])).toBeUndefined();
  });

  test('N16: a recovery that is begun twice changes nothing the second time', () => {
    const shelves = new Shelves();
    shelves.write('one', recorded(operation('create', 'a', { n: 1 })));
    const [lane] = recoverShelf([...shelves.files.values()]).lanes;
    const made = () => row({ type: 'recovered', from: 'lost', ...lane } as PlainRow);
    const once = foldEntries(emptyFacts(models), [{ sequence: 1, row: made() }]).facts;
    const twice = foldEntries(once, [{ sequence: 2, row: made() }]);
    expect(outboxOf(twice.facts)).toEqual(outboxOf(once));
    expect(twice.illegal).toMatchObject([{ reason: 'its operations are known already' }]);
  });

  test('ST12: a file that was cut anywhere gives every whole line before the cut, and nothing else', () => {
    const shelves = new Shelves();
    for (const id of ids) shelves.write('one', recorded(operation('create', id, { text: 'ü\n𝒳' })));
    const lines = (shelves.files.get('one') ?? []).map((line) => framed(encodeLine(line)));
    const text = lines.join('');
    for (let at = 0; at <= text.length; at++) {
      const { lines: read, damaged } = unframed(text.slice(0, at));
      let whole = 0;
      for (let end = 0; whole < lines.length; whole++) {
        end += (lines[whole] ?? '').length;
        if (end > at) break;
      }
      expect(read.length).toBe(whole);
      expect(damaged).toBe(0);
    }
  });

  test('ST12: zeros that a crash left where a line was being written cost that line alone', () => {
    const shelves = new Shelves();
    for (const id of ids) shelves.write('one', recorded(operation('create', id, { n: 1 })));
    const lines = (shelves.files.get('one') ?? []).map((line) => framed(encodeLine(line)));
    const [first = '', torn = '', last = ''] = lines;
    // The disk had written pages of it in an order of its own; nobody was told of this line.
    for (let from = 0; from < torn.length; from++) {
      const zeros = '\0'.repeat(Math.min(20, torn.length - 1 - from));
      if (zeros === '') continue;
      const left = torn.slice(0, from) + zeros + torn.slice(from + zeros.length);
      expect(unframed(first + left)).toEqual({ lines: [first.slice(9, -1)], damaged: 0 });
      // With lines behind it it was told of: it is damaged, and they are not.
      const { lines: read, damaged } = unframed(first + left + last);
      expect([read, damaged]).toEqual([[first.slice(9, -1), last.slice(9, -1)], 1]);
    }
  });

  test('ST13: a flipped character costs the line that it stands in, and is told', () => {
    const shelves = new Shelves();
    for (const id of ids) shelves.write('one', recorded(operation('create', id, { n: 1 })));
    const text = (shelves.files.get('one') ?? []).map((line) => framed(encodeLine(line))).join('');
    for (let at = 0; at < text.length; at++) {
      if (text[at] === '\n') continue;
      const flipped = `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`;
      const { lines, damaged } = unframed(flipped);
      expect([lines.length, damaged]).toEqual([2, 1]);
    }
  });

  test('ST20: bytes that are no line are none, whatever they are', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeLine(text)).toBeNull();
        expect(() => unframed(text)).not.toThrow();
      }),
    );
    expect(decodeLine('{"v":2,"kind":"through","s":1}')).toBeNull();
    expect(decodeLine('{"v":1,"kind":"toString","s":1}')).toBeNull();
    expect(decodeLine('{"v":1,"kind":"through","s":-1}')).toBeNull();
  });
});
