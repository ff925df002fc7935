import { describe, expect, test } from 'vitest';
import { formerCap } from '../../store/caps.ts';
import { aliasOf } from '../../store/facts.ts';
import { getIn, keysOf } from '../../store/pages.ts';
import {
  answered,
  failure,
  operation,
  type PlainRow,
  recorded,
  row,
  sealed,
  TestJournal,
} from '../support/rows.ts';

function made(journal: TestJournal, key: string, serverId: string): TestJournal {
  const create = operation('create', key, { id: key });
  const base = { id: key, title: 'made' };
  return journal.add(recorded(create), sealed([create]), answered([create], base, '"1"', serverId));
}

function pulled(more: Partial<PlainRow>) {
  return row({
    ...{ type: 'pulled', model: 'todo', items: [], deleted: [] },
    ...{ since: null, cursor: null, complete: true },
    ...more,
  } as PlainRow);
}

function cancelled({ id, recordId }: { readonly id: string; readonly recordId: string }) {
  return row({ type: 'cancelled', model: 'todo', recordId, operationIds: [id] });
}

function todos({ facts }: TestJournal) {
  return facts.models.todo ?? expect.fail();
}

describe('P28: the server’s ids of records that left', () => {
  test('P26 P28: a record that leaves keeps its name, and comes back under the key that it had', () => {
    const journal = made(new TestJournal(), 'a', '7').add(pulled({ deleted: ['a'] }));
    expect(todos(journal).records.size).toBe(0);
    expect(aliasOf(todos(journal), 'a')).toBe('7');
    expect(getIn(todos(journal).aliases, '7')).toBe('a');
    const back = { id: 'a', record: { id: 'a', title: 'back' }, version: '"3"', alias: '7' };
    journal.add(pulled({ items: [back] }));
    expect(getIn(todos(journal).records, 'a')).toMatchObject({
      alias: '7',
      base: { title: 'back' },
    });
    expect(todos(journal).former.size).toBe(0);
  });

  test('P28: one that was deleted from here needs none any more', () => {
    const journal = made(new TestJournal(), 'a', '7');
    const remove = operation('delete', 'a');
    journal.add(recorded(remove), sealed([remove]), answered([remove], null, null));
    expect(todos(journal).aliases.size + todos(journal).former.size).toBe(0);
  });

  test('DA15 P28: what is made anew behind a delete does not keep the id of what was deleted', () => {
    const journal = made(new TestJournal(), 'a', '7');
    const [remove, create] = [operation('delete', 'a'), operation('create', 'a', { id: 'a' })];
    journal.add(recorded(remove), sealed([remove]), recorded(create));
    journal.add(answered([remove], null, null));
    expect(getIn(todos(journal).records, 'a')).toMatchObject({ alias: null, shown: { id: 'a' } });
    expect(todos(journal).aliases.size).toBe(0);
  });

  test('P28: changed while it is not here, it is changed under the server’s id', () => {
    const journal = made(new TestJournal(), 'a', '7').add(pulled({ deleted: ['a'] }));
    journal.add(recorded(operation('update', 'a', { title: 'new' })));
    expect(getIn(todos(journal).records, 'a')?.alias).toBe('7');
  });

  test('DA15 P28: made anew under the same key it is another record there', () => {
    const journal = made(new TestJournal(), 'a', '7').add(pulled({ deleted: ['a'] }));
    journal.add(recorded(operation('create', 'a', { id: 'a' })));
    expect(aliasOf(todos(journal), 'a')).toBeNull();
    expect(todos(journal).aliases.size).toBe(0);
  });

  test('P28: an id that the server gives again is the new record’s alone', () => {
    const journal = made(new TestJournal(), 'a', '7').add(pulled({ deleted: ['a'] }));
    made(journal, 'b', '7');
    expect(getIn(todos(journal).aliases, '7')).toBe('b');
    expect(aliasOf(todos(journal), 'a')).toBeNull();
    expect(todos(journal).former.size).toBe(0);
  });

  test.each([
    ['made again', true],
    ['left to them', false],
  ])(
    'SV22 P28: an id that the server gave again stays the new record’s when the old one is %s',
    (_, isMadeAgain) => {
      const journal = made(new TestJournal(), 'a', '7');
      const edit = operation('update', 'a', { title: 'mine' });
      const conflict = { remote: null, remoteVersion: null };
      const where = { model: 'todo', recordId: 'a' };
      const parked = { type: 'parked', reason: 'conflict', failure, rollback: false } as const;
      journal.add(recorded(edit), sealed([edit]));
      journal.add(row({ ...parked, ...where, operationIds: [edit.id], conflict }));
      made(journal, 'b', '7');
      const again = { ...operation('create', 'a', { id: 'a' }), supersedes: [edit.id] };
      const resolved = { type: 'resolved', by: 'person', replaced: [edit.id] } as const;
      const theirs = { base: null, version: null, overwritten: [] };
      journal.add(
        row({ ...resolved, ...where, ...theirs, operation: isMadeAgain ? again : null }),
        recorded(operation(isMadeAgain ? 'update' : 'create', 'a', { id: 'a' })),
      );
      expect(journal.illegal).toEqual([]);
      expect(getIn(todos(journal).aliases, '7')).toBe('b');
      expect(aliasOf(todos(journal), 'a')).toBeNull();
    },
  );

  test('P28: what is remembered is bounded: the names of the lowest keys are forgotten', () => {
    const journal = new TestJournal();
    const keys = Array.from({ length: formerCap + 2 }, (_, i) => `k${String(i).padStart(6, '0')}`);
    const items = keys.map((id) => ({ id, record: { id }, version: '"1"', alias: `s-${id}` }));
    journal.add(pulled({ items }), pulled({ deleted: keys }));
    expect(keysOf(todos(journal).former)).toEqual(keys.slice(2));
    expect(todos(journal).aliases.size).toBe(formerCap);
  });

  test('P28: of a record that was taken back before the server knew it, that is remembered', () => {
    const create = operation('create', 'a', { id: 'a' });
    const journal = new TestJournal().add(recorded(create), cancelled(create));
    expect(getIn(todos(journal).former, 'a')).toBeNull();
    journal.add(recorded(operation('create', 'a', { id: 'a' })));
    expect(todos(journal).former.size).toBe(0);
  });

  test('P28: a change of a record that is not here, taken back, says nothing of the record', () => {
    const update = operation('update', 'a', { title: 'x' });
    const journal = new TestJournal().add(recorded(update), cancelled(update));
    expect(todos(journal).former.size).toBe(0);
  });

  test('MT11 P28: a change from another tab does not bring back what was taken back beneath it', () => {
    const create = operation('create', 'a', { id: 'a' });
    const update = operation('update', 'a', { title: 'x' });
    const before = new TestJournal().add(recorded(create), cancelled(create), recorded(update));
    const after = new TestJournal().add(recorded(create), recorded(update), cancelled(create));
    for (const journal of [before, after]) {
      expect(getIn(todos(journal).former, 'a')).toBeNull();
      journal.add(recorded(operation('create', 'a', { id: 'a' })));
      expect(todos(journal).former.size).toBe(0);
    }
  });

  test('P28 N16: of one that came back from the second shelf and was then taken back, that is remembered', () => {
    const create = operation('create', 'a', { id: 'a' });
    const salvage = { base: null, version: null };
    const lane = { model: 'todo', recordId: 'a', operations: [create], salvage };
    const back = row({
      ...{ type: 'recovered', from: 'lost', sealed: null, parked: null, ...lane },
    } as PlainRow);
    const journal = new TestJournal().add(back, cancelled(create));
    expect(getIn(todos(journal).former, 'a')).toBeNull();
  });

  test('P28: one that was made and is gone by the time of its answer keeps the name that it was given', () => {
    const create = operation('create', 'a', { id: 'a' });
    const journal = new TestJournal().add(recorded(create), sealed([create]));
    journal.add(answered([create], null, null, '7'));
    expect(todos(journal).records.size).toBe(0);
    expect(aliasOf(todos(journal), 'a')).toBe('7');
  });
});

describe('P28: one record of the server’s that stands here twice', () => {
  const theirs = { id: '7', record: { id: '7', title: 'theirs' }, version: '"1"' };

  test('P28: pulled before the answer that told its id, it stands here once as soon as that has come', () => {
    const journal = made(new TestJournal().add(pulled({ items: [theirs] })), 'a', '7');
    expect(keysOf(todos(journal).records)).toEqual(['a']);
    expect(todos(journal).shown).toBe(1);
  });

  test('P28: edited meanwhile, the edit is sent, and its answer is the record’s that stays', () => {
    const journal = new TestJournal().add(pulled({ items: [theirs] }));
    const update = operation('update', '7', { title: 'edited' });
    made(journal.add(recorded(update)), 'a', '7');
    expect(keysOf(todos(journal).records)).toEqual(['7', 'a']);
    journal.add(sealed([update]), answered([update], { id: '7', title: 'edited' }, '"3"'));
    expect(keysOf(todos(journal).records)).toEqual(['a']);
    expect(getIn(todos(journal).records, 'a')).toMatchObject({
      ...{ base: { id: 'a', title: 'edited' }, version: '"3"', alias: '7' },
    });
    expect(todos(journal).shown).toBe(1);
  });

  test('P28: where the edit is taken back, the record that stays is alone as well', () => {
    const journal = new TestJournal().add(pulled({ items: [theirs] }));
    const update = operation('update', '7', { title: 'edited' });
    made(journal.add(recorded(update)), 'a', '7').add(cancelled(update));
    expect(keysOf(todos(journal).records)).toEqual(['a']);
  });
});
