import { describe, expect, test } from 'vitest';
import { getIn, valuesOf } from '../../store/pages.ts';
import type { Operation } from '../../store/rows/row.ts';
import { about, lane, outcome, shown, synced } from '../support/foldedJournal.ts';
import {
  answered,
  canonical,
  failure,
  operation,
  type PlainRow,
  recorded,
  row,
  sealed,
  TestJournal,
} from '../support/rows.ts';

describe('a refused operation', () => {
  function refused(rollback: boolean) {
    const edit = operation('update', 'a', { title: '' });
    const journal = synced().add(recorded(edit), sealed([edit]));
    const operationIds = [edit.id];
    const parked = { ...about, type: 'parked', reason: 'rejected', operationIds, failure } as const;
    journal.add(row({ ...parked, rollback }));
    return { journal, edit };
  }

  test('CR14: is a dead letter: kept, shown, its lane held', () => {
    const { journal, edit } = refused(false);
    expect(shown(journal)?.title).toBe('');
    expect(lane(journal)).toMatchObject({ state: 'failed', sealed: null, failure });
    expect(outcome(journal, edit)).toBe('rejected');
    expect(journal.facts.attention.size).toBe(1);
    expect(journal.facts.outbox.size).toBe(1);
    journal.add(sealed([edit]));
    expect(journal.illegal).toHaveLength(1);
  });

  test('P14: is rolled back where the model says so; later edits stay', () => {
    const { journal } = refused(true);
    expect(shown(journal)?.title).toBe('Milk');
    journal.add(recorded(operation('update', 'a', { done: true })));
    expect(shown(journal)).toEqual({ id: 'a', title: 'Milk', done: true });
  });

  test('P2: goes again in its place under a new id when it is retried', () => {
    const { journal, edit } = refused(false);
    const later = operation('update', 'a', { done: true });
    const again = { ...edit, id: 'again', supersedes: [edit.id] };
    journal.add(
      recorded(later),
      row({ ...about, type: 'retried', operationIds: [edit.id], operation: again }),
    );
    expect(valuesOf(journal.facts.outbox).map((item) => item.id)).toEqual(['again', later.id]);
    expect(lane(journal)).toMatchObject({ state: 'pending', parked: null, count: 2 });
    expect(getIn(journal.facts.places, edit.id)).toBe(getIn(journal.facts.places, 'again'));
    journal.add(sealed([again, later]), answered([again, later], { id: 'a' }));
    expect(outcome(journal, again)).toBe('committed');
    expect(outcome(journal, edit)).toBe('rejected');
  });

  test('P2: goes again changed, and the edit wins over what is queued behind', () => {
    const { journal, edit } = refused(false);
    const later = operation('update', 'a', { title: '' });
    const fixed = { ...edit, id: 'fixed', changes: { title: 'Tea' }, supersedes: [edit.id] };
    const behind = operation('update', 'a', { title: 'Tea' });
    const edited = { ...about, type: 'edited', operationIds: [edit.id], operation: fixed } as const;
    journal.add(recorded(later), row({ ...edited, behind }));
    expect(valuesOf(journal.facts.outbox).map((item) => item.id)).toEqual([
      'fixed',
      later.id,
      behind.id,
    ]);
    expect(shown(journal)?.title).toBe('Tea');
  });

  test('P2: can be discarded, with what would not exist without it', () => {
    const { journal, edit } = refused(false);
    journal.add(row({ ...about, type: 'discarded', operationIds: [edit.id] }));
    expect(shown(journal)?.title).toBe('Milk');
    expect(lane(journal)).toBeUndefined();
    expect(journal.facts.attention.size).toBe(0);
    expect(outcome(journal, edit)).toBe('rejected');
  });

  test('what is no dead letter can be neither retried nor discarded', () => {
    const edit = operation('update', 'a', { done: true });
    const journal = synced().add(recorded(edit));
    const again = { ...edit, id: 'again' };
    const wrong: PlainRow[] = [
      { ...about, type: 'retried', operationIds: [edit.id], operation: again },
      { ...about, type: 'discarded', operationIds: [edit.id] },
      { ...about, type: 'discarded', operationIds: ['nobody'] },
      { ...about, recordId: 'b', type: 'retried', operationIds: [edit.id], operation: again },
    ];
    for (const item of wrong) {
      const before = canonical(journal.facts) as { folded: number };
      journal.add(row(item));
      expect(journal.illegal).toHaveLength(1);
      const after = canonical(journal.facts) as { outbox: unknown };
      expect(after.outbox).toEqual((before as unknown as { outbox: unknown }).outbox);
    }
  });

  test('P14 P2: a create that was rolled back and goes again makes one record with the create that came meanwhile', () => {
    const made = operation('create', 'n', { title: 'Milk' });
    const journal = new TestJournal().add(recorded(made), sealed([made]));
    const id = { ...about, recordId: 'n', operationIds: [made.id] } as const;
    journal.add(row({ ...id, type: 'parked', reason: 'rejected', failure, rollback: true }));
    const second = operation('create', 'n', { title: 'Tea' });
    const again = { ...made, id: 'again', supersedes: [made.id] };
    journal.add(recorded(second), row({ ...id, type: 'retried', operation: again }));
    expect(valuesOf(journal.facts.outbox).map(({ kind }) => kind)).toEqual(['create', 'update']);
    expect(shown(journal, 'n')).toMatchObject({ title: 'Tea' });
  });

  test('P2 I1: an act of two tabs on one dead letter counts once; what the other would have put there ends as cancelled', () => {
    const { journal, edit } = refused(false);
    const put = (id: string) => ({ ...edit, id, supersedes: [edit.id] });
    const behind = operation('update', 'a', { title: 'Tea' });
    const ids = { ...about, operationIds: [edit.id] };
    journal.add(row({ ...ids, type: 'retried', operation: put('first') }));
    journal.add(row({ ...ids, type: 'retried', operation: put('second') }));
    journal.add(row({ ...ids, type: 'edited', operation: put('third'), behind }));
    expect(valuesOf(journal.facts.outbox).map((item) => item.id)).toEqual(['first']);
    const choice = { ...about, recordId: 'nobody', type: 'resolved', by: 'person' } as const;
    const none = { replaced: [], base: null, version: null, overwritten: [] };
    journal.add(row({ ...choice, ...none, operation: put('fourth') }));
    journal.add(row({ ...choice, ...none, operation: null }));
    const outcomeOf = (id: string) => getIn(journal.facts.settlements, id)?.outcome;
    expect(outcomeOf('fourth')).toBe('cancelled');
    expect(['first', 'second', 'third', behind.id, edit.id].map(outcomeOf)).toEqual([
      ...[undefined, 'cancelled', 'cancelled', 'cancelled', 'rejected'],
    ]);
  });
});

describe('taking back', () => {
  test('P2: an operation that is not sealed leaves without a trace on the server', () => {
    const edit = operation('update', 'a', { title: 'Tea' });
    const journal = synced().add(recorded(edit));
    journal.add(row({ ...about, type: 'cancelled', operationIds: [edit.id] }));
    expect(shown(journal)?.title).toBe('Milk');
    expect(outcome(journal, edit)).toBe('cancelled');
    expect(lane(journal)).toBeUndefined();
  });

  test('a sealed one is too late; one behind it is not', () => {
    const first = operation('update', 'a', { title: 'Tea' });
    const second = operation('update', 'a', { title: 'Coffee' });
    const journal = synced().add(recorded(first), sealed([first]), recorded(second));
    journal.add(row({ ...about, type: 'cancelled', operationIds: [first.id] }));
    expect(journal.illegal).toHaveLength(1);
    journal.add(row({ ...about, type: 'cancelled', operationIds: [second.id] }));
    expect(shown(journal)?.title).toBe('Tea');
    expect(lane(journal)).toMatchObject({ state: 'syncing', count: 1 });
  });

  test('the last one behind a dead letter leaves the dead letter as it is', () => {
    const first = operation('update', 'a', { title: '' });
    const second = operation('update', 'a', { done: true });
    const parked = {
      ...about,
      type: 'parked',
      reason: 'rejected',
      operationIds: [first.id],
    } as const;
    const journal = synced().add(recorded(first), sealed([first]), recorded(second));
    journal.add(row({ ...parked, failure, rollback: false }));
    journal.add(row({ ...about, type: 'cancelled', operationIds: [second.id] }));
    expect(lane(journal)).toMatchObject({ state: 'failed', count: 1 });
    journal.add(row({ ...about, type: 'cancelled', operationIds: [first.id] }));
    expect(journal.illegal).toHaveLength(1);
  });
});

describe('a conflict', () => {
  const remote = { id: 'a', title: 'Theirs', note: 'n' };

  function resolvedRow(edit: Operation, merged: Operation | null): PlainRow {
    const overwritten = [{ field: 'title', local: 'Ours', remote: 'Theirs' }];
    const by = { type: 'resolved', by: 'policy', replaced: [edit.id], operation: merged } as const;
    return { ...about, ...by, base: remote, version: '"2"', overwritten };
  }

  test('P16 P17 CR12: is resolved in one row: new base, new operation, the loser in the log', () => {
    const edit = operation('update', 'a', { title: 'Ours' });
    const behind = operation('update', 'a', { done: true });
    const merged = { ...edit, id: 'merged', supersedes: [edit.id] };
    const journal = synced().add(recorded(edit), sealed([edit]), recorded(behind));
    journal.add(row(resolvedRow(edit, merged)));
    expect(shown(journal)).toEqual({ id: 'a', title: 'Ours', note: 'n', done: true });
    expect(valuesOf(journal.facts.conflictLog)).toMatchObject([
      { field: 'title', remote: 'Theirs' },
    ]);
    expect(valuesOf(journal.facts.outbox).map((item) => item.id)).toEqual(['merged', behind.id]);
    expect(lane(journal)).toMatchObject({ state: 'pending', sealed: null, count: 2 });
    expect(outcome(journal, edit)).toBeUndefined();
    journal.add(sealed([merged, behind]), answered([merged, behind], remote, '"3"'));
    expect(outcome(journal, edit)).toBe('merged');
    expect(outcome(journal, merged)).toBe('committed');
  });

  test('with nothing left to send is over', () => {
    const edit = operation('update', 'a', { title: 'Theirs' });
    const journal = synced().add(recorded(edit), sealed([edit]), row(resolvedRow(edit, null)));
    expect(lane(journal)).toBeUndefined();
    expect(outcome(journal, edit)).toBe('merged');
    expect(shown(journal)).toEqual(remote);
  });

  test('that was parked waits for a person, and its lane with it', () => {
    const edit = operation('update', 'a', { title: 'Ours' });
    const conflict = { remote: null, remoteVersion: null };
    const parked = {
      ...about,
      type: 'parked',
      reason: 'conflict',
      operationIds: [edit.id],
    } as const;
    const journal = synced().add(recorded(edit));
    journal.add(row({ ...parked, failure, rollback: false, conflict }));
    expect(lane(journal)).toMatchObject({ state: 'conflicted', parked: { conflict } });
    expect(shown(journal)?.title).toBe('Ours');
    journal.add(row(resolvedRow(edit, null)));
    expect(lane(journal)).toBeUndefined();
    expect(journal.facts.attention.size).toBe(0);
  });

  test.each([
    ['changed', { items: [{ id: 'a', record: { id: 'a', title: 'Third' }, version: '"3"' }] }],
    ['deleted', { deleted: ['a'] }],
  ])(
    'S13: who lets theirs stand gets what it is by then, where a pull tells that it was %s meanwhile',
    (_, page) => {
      const edit = operation('update', 'a', { title: 'Ours' });
      const conflict = { remote, remoteVersion: '"2"' };
      const parked = { ...about, type: 'parked', reason: 'conflict', rollback: false } as const;
      const journal = synced().add(recorded(edit));
      journal.add(row({ ...parked, operationIds: [edit.id], failure, conflict }));
      const pulled = { items: [], deleted: [], since: null, cursor: null, complete: true };
      journal.add(row({ type: 'pulled', model: about.model, ...pulled, ...page }));
      journal.add(row({ ...resolvedRow(edit, null), by: 'person' } as PlainRow));
      expect(lane(journal)).toBeUndefined();
      expect(shown(journal)).toEqual('items' in page ? page.items[0]?.record : null);
    },
  );

  test('is not resolved twice, nor where there is none', () => {
    const edit = operation('update', 'a', { title: 'Ours' });
    const journal = synced().add(row(resolvedRow(edit, null)));
    expect(journal.illegal).toHaveLength(1);
    journal.add(recorded(edit), row(resolvedRow(operation('update', 'a'), null)));
    expect(journal.illegal).toHaveLength(1);
    journal.add(row({ ...resolvedRow(edit, null), by: 'person' } as PlainRow));
    expect(journal.illegal).toHaveLength(1);
  });

  test('S13: a policy decides over what waits as soon as a pull brings theirs', () => {
    const edit = operation('update', 'a', { title: 'Ours' });
    const journal = synced().add(
      recorded(edit),
      row({ ...resolvedRow(edit, null), outcome: 'discarded' } as PlainRow),
    );
    expect(journal.illegal).toHaveLength(0);
    expect(journal.facts.lanes.size).toBe(0);
    expect(getIn(journal.facts.settlements, edit.id)?.outcome).toBe('discarded');
  });
});
