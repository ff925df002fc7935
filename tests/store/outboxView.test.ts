import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { selectConflictLog } from '../../store/conflictLog.ts';
import { selectDeadLetters } from '../../store/deadLetters.ts';
import { selectInitialProgress } from '../../store/initialProgress.ts';
import { selectOutbox, selectOutboxView, selectRecordOutbox } from '../../store/outboxView.ts';
import type { Row } from '../../store/rows/row.ts';
import { createSyncSlice, type PullProgress, type SyncState } from '../../store/slice.ts';
import { failure, models, operation, recorded, row, sealed } from '../support/rows.ts';

const slice = createSyncSlice('sync', models);
const start = slice.reducer(undefined, { type: '@@init' });

function stateAfter(rows: readonly Row[], from = start): SyncState {
  const { head } = from.sequenced;
  const entries = rows.map((each, i) => ({ sequence: head + i + 1, row: each }));
  return slice.reducer(from, slice.actions.sequenced(entries, 'tab'));
}

describe('the outbox as it is looked at', () => {
  test('P2: the first of it, whatever the limit, are the first of all in the order they were made', () => {
    const lanes = fc.array(fc.integer({ min: 0, max: 40 }), {
      minLength: 1,
      maxLength: 600,
      size: 'max',
    });
    fc.assert(
      fc.property(lanes, fc.integer({ min: 0, max: 650 }), (records, limit) => {
        const made = records.map((n) => operation('upsert', `r${n}`, { id: `r${n}` }));
        const state = stateAfter(made.map((each) => recorded(each)));
        const ids = made.map(({ id }) => id);
        const { items, total } = selectOutboxView(state, limit);
        expect(items.map((item) => item.operation.id)).toEqual(ids.slice(0, limit));
        expect(total).toBe(made.length);
        expect(selectOutbox(state).map((item) => item.operation.id)).toEqual(ids);
      }),
      { numRuns: 40 },
    );
  });

  test('an item is the same object until something of it changes', () => {
    const a = operation('create', 'a', { id: 'a' });
    const b = operation('create', 'b', { id: 'b' });
    const first = stateAfter([recorded(a), recorded(b)]);
    const later = stateAfter([sealed([b])], first);
    const [itemA, itemB] = selectOutbox(first);
    const [laterA, laterB] = selectOutbox(later);
    expect(laterA).toBe(itemA);
    expect(itemB?.sealed).toBe(false);
    expect(laterB?.sealed).toBe(true);
    expect(selectRecordOutbox(later, 'todo', 'b')).toEqual([laterB]);
    expect(selectRecordOutbox(later, 'todo', 'c')).toEqual([]);
  });

  test('P2: what was refused together is one dead letter, and what waits behind is none', () => {
    const create = operation('create', 'a', { id: 'a' });
    const edit = operation('update', 'a', { title: 'x' });
    const behind = operation('update', 'a', { title: 'y' });
    const about = { model: 'todo', recordId: 'a' };
    const operationIds = [create.id, edit.id];
    const parked = { ...about, type: 'parked', reason: 'rejected', operationIds } as const;
    const state = stateAfter([
      ...[recorded(create), recorded(edit), sealed([create, edit])],
      ...[row({ ...parked, failure, rollback: false }), recorded(behind)],
    ]);
    const letters = selectDeadLetters(state);
    expect(letters).toMatchObject([
      {
        ...about,
        operationId: create.id,
        operations: [{ id: create.id }, { id: edit.id }],
        failure,
      },
    ]);
    expect(selectDeadLetters(state)[0]).toBe(letters[0]);
  });

  test('P2: dead letters stand in the order in which they were refused', () => {
    const [b, a] = [operation('create', 'b', { id: 'b' }), operation('create', 'a', { id: 'a' })];
    const refused = (made: typeof a, at: number) => {
      const about = { model: 'todo', recordId: made.recordId, operationIds: [made.id] };
      return row({ ...about, type: 'parked', reason: 'rejected', failure, rollback: false, at });
    };
    const state = stateAfter([
      ...[recorded(b), recorded(a), sealed([b]), sealed([a])],
      ...[refused(b, 1), refused(a, 2)],
    ]);
    expect(selectDeadLetters(state).map(({ recordId }) => recordId)).toEqual(['b', 'a']);
  });

  test('P17: the conflict log is read from its end, no further than is asked for', () => {
    const made = [1, 2, 3].flatMap((n) => {
      const edit = operation('upsert', `r${n}`, { id: `r${n}`, title: 'mine' });
      const overwritten = [{ field: 'title', local: 'mine', remote: `theirs ${n}` }];
      const item = { id: `r${n}`, record: { id: `r${n}` }, version: '"2"', overwritten };
      const pulled = { model: 'todo', items: [item], deleted: [], cursor: null, since: null };
      return [recorded(edit), row({ ...pulled, type: 'pulled', complete: false })];
    });
    const state = stateAfter(made);
    const remotes = (limit: number) => selectConflictLog(state, limit).map(({ remote }) => remote);
    expect(remotes(2)).toEqual(['theirs 3', 'theirs 2']);
    expect(remotes(10)).toEqual(['theirs 3', 'theirs 2', 'theirs 1']);
  });
});

describe('the progress of the first pull', () => {
  const { progress } = slice.actions;
  const pull = (state: PullProgress['state'], received: number, total: number | null = null) => {
    return { state, received, total, isFirst: true };
  };

  test('of all models: runs while one runs, and the total is known when each model’s is', () => {
    const one = slice.reducer(start, progress({ model: 'todo', progress: pull('running', 3, 10) }));
    expect(selectInitialProgress(one, ['todo'])).toEqual(pullOf('running', 3, 10));
    expect(selectInitialProgress(one, ['todo', 'note'])).toEqual(pullOf('running', 3, null));
    const both = slice.reducer(one, progress({ model: 'note', progress: pull('failed', 1, 5) }));
    expect(selectInitialProgress(both, ['todo', 'note'])).toEqual(pullOf('running', 4, 15));
    expect(selectInitialProgress(both, ['note'])).toEqual(pullOf('failed', 1, 5));
  });

  test('a pull that is not the first says nothing of it, and what was pulled before is done', () => {
    const later = { ...pull('running', 3), isFirst: false };
    const state = slice.reducer(start, progress({ model: 'todo', progress: later }));
    expect(selectInitialProgress(state, ['todo'])).toEqual(pullOf('waiting', 0, null));
    const todo = {
      ...state.shown.models.todo,
      pulled: true,
    } as (typeof state.shown.models)['todo'];
    const shown = { ...state.shown, models: { ...state.shown.models, todo } } as SyncState['shown'];
    expect(selectInitialProgress({ ...state, shown }, ['todo']).state).toBe('done');
    expect(selectInitialProgress({ ...state, shown }, ['todo', 'note']).state).toBe('waiting');
  });

  function pullOf(state: string, received: number, total: number | null) {
    return { state, received, total };
  }
});
