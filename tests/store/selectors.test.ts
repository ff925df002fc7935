import { describe, expect, test } from 'vitest';
import { laneKey } from '../../store/facts.ts';
import { selectOutbox } from '../../store/outboxView.ts';
import type { Row } from '../../store/rows/row.ts';
import { selectConflicts } from '../../store/selectors/conflicts.ts';
import { selectOutcome } from '../../store/selectors/outcomes.ts';
import { selectRecordStatus } from '../../store/selectors/recordStatus.ts';
import {
  keyOf,
  selectAllRecords,
  selectIds,
  selectRecord,
  selectTotal,
} from '../../store/selectors/records.ts';
import { selectSyncStatus } from '../../store/selectors/syncStatus.ts';
import { createSyncSlice, type SyncState } from '../../store/slice.ts';
import {
  answered,
  failure,
  models,
  operation,
  recorded,
  row,
  sealed,
  TestJournal,
} from '../support/rows.ts';

const slice = createSyncSlice('sync', models);
const start = slice.reducer(undefined, { type: '@@init' });
const online = [
  slice.actions.connectionChanged('online'),
  slice.actions.leadershipChanged({ role: 'leading', run: 'running' }),
];

function stateAfter(
  rows: readonly Row[],
  actions: readonly { type: string }[] = online,
): SyncState {
  const journal = new TestJournal().add(...rows);
  const state = slice.reducer(start, slice.actions.sequenced(journal.entries, 'nobody'));
  return actions.reduce(slice.reducer, state);
}

const create = operation('create', 'a', { id: 'a', title: 'Milk' });
const base = { id: 'a', title: 'Milk' };
const synced = [recorded(create), sealed([create]), answered([create], base, '"1"', 'srv')];
const about = { model: 'todo', recordId: 'a' } as const;

describe('reading', () => {
  test('S4: one by its key or by the server’s id, all, ids, how many', () => {
    const state = stateAfter(synced);
    expect(selectRecord(state, 'todo', 'a')).toBe(selectRecord(state, 'todo', 'srv'));
    expect(keyOf(state, 'todo', 'srv')).toBe('a');
    expect(selectAllRecords(state, 'todo')).toEqual([base]);
    expect([selectIds(state, 'todo'), selectTotal(state, 'todo')]).toEqual([['a'], 1]);
    expect(selectRecord(state, 'todo', 'nobody')).toBeUndefined();
  });

  test('a model that is not there has nothing', () => {
    expect(selectRecord(start, 'none', 'a')).toBeUndefined();
    expect([selectAllRecords(start, 'none'), selectIds(start, 'none')]).toEqual([[], []]);
    expect([selectTotal(start, 'none'), keyOf(start, 'none', 'x')]).toEqual([0, 'x']);
  });

  test('lists stay the same object until a record of the model changes', () => {
    const state = stateAfter(synced);
    const other = slice.reducer(state, slice.actions.attemptStarted(['x']));
    expect(selectAllRecords(other, 'todo')).toBe(selectAllRecords(state, 'todo'));
    expect(selectIds(other, 'todo')).toBe(selectIds(state, 'todo'));
  });

  test('what is not shown is not listed', () => {
    const hidden = operation(
      'create',
      'h',
      { id: 'h' },
      { visible: false, strategy: 'waitForRemote' },
    );
    const state = stateAfter([...synced, recorded(hidden)]);
    expect(selectIds(state, 'todo')).toEqual(['a']);
    expect(selectAllRecords(state, 'todo')).toHaveLength(1);
    expect(selectTotal(state, 'todo')).toBe(1);
  });
});

describe('P15: the status of a record', () => {
  const edit = operation('update', 'a', { title: 'Tea' });
  const key = laneKey('todo', 'a');
  const word = (state: SyncState) => selectRecordStatus(state, 'todo', 'a').status;

  test('synced where nothing is dirty; by the server’s id too', () => {
    expect(word(stateAfter(synced))).toBe('synced');
    expect(selectRecordStatus(stateAfter([...synced, recorded(edit)]), 'todo', 'srv').status).toBe(
      'pending',
    );
  });

  test('saving until it is durable', () => {
    const { actionId: _, ...payload } = recorded(edit);
    const meta = { syncharts: 'sync', actionId: { writer: 'me', n: 1 } };
    const state = slice.reducer(stateAfter(synced), { type: 'sync/recorded', payload, meta } as {
      type: string;
    });
    expect(word(state)).toBe('saving');
    expect(selectSyncStatus(state).phase).toBe('saving');
  });

  test('I16: a sealed request is syncing only while somebody carries it', () => {
    const state = stateAfter([...synced, recorded(edit), sealed([edit])]);
    expect(word(state)).toBe('pending');
    const carried = slice.reducer(state, slice.actions.attemptStarted([key]));
    expect(word(carried)).toBe('syncing');
    expect(selectSyncStatus(carried)).toMatchObject({ phase: 'syncing', syncing: 1, pending: 0 });
  });

  test('backoff says when it goes on and why it waits', () => {
    const retry = { ...about, type: 'retryScheduled', attempts: 2, retryAt: 99, failure } as const;
    const state = stateAfter([...synced, recorded(edit), sealed([edit]), row(retry)]);
    expect(selectRecordStatus(state, 'todo', 'a')).toEqual({
      ...{ status: 'backoff', pending: 1, attempts: 2, retryAt: 99, failure },
    });
    expect(selectRecordStatus(state, 'todo', 'a')).toBe(selectRecordStatus(state, 'todo', 'a'));
    expect(selectSyncStatus(state)).toMatchObject({ phase: 'waiting', reason: 'backoff' });
    const again = slice.reducer(state, slice.actions.attemptStarted([key]));
    expect(word(again)).toBe('syncing');
  });
});

describe('S24: the status of the whole', () => {
  const role = (
    role: SyncState['ephemeral']['role'],
    run: SyncState['ephemeral']['run'] = 'running',
  ) =>
    selectSyncStatus(
      stateAfter(synced, [
        online[0] as { type: string },
        slice.actions.leadershipChanged({ role, run }),
      ]),
    );

  test.each([
    ['stopped', 'stopped', null],
    ['hydrating', 'loading', null],
    ['electing', 'loading', null],
    ['blocked', 'attention', 'blocked'],
    ['readOnly', 'attention', 'readOnly'],
    ['leading', 'synced', null],
  ] as const)('while the tab is %s', (given, phase, reason) => {
    expect(role(given)).toMatchObject({ phase, reason, role: given, online: true });
  });

  test('paused, time travelling and offline are said', () => {
    expect(role('leading', 'paused')).toMatchObject({ phase: 'waiting', reason: 'paused' });
    expect(role('leading', 'timeTravelling')).toMatchObject({
      phase: 'attention',
      reason: 'timeTravelling',
    });
    const offline = stateAfter(synced, [
      online[1] as { type: string },
      slice.actions.connectionChanged('offline'),
    ]);
    expect(selectSyncStatus(offline)).toMatchObject({
      phase: 'waiting',
      reason: 'offline',
      online: false,
    });
  });

  test('the last time the server confirmed something, and pulls under way', () => {
    const progress = { state: 'running', received: 7, total: null, isFirst: true } as const;
    const state = stateAfter(synced, [
      ...online,
      slice.actions.progress({ model: 'todo', progress }),
    ]);
    expect(selectSyncStatus(state)).toMatchObject({ phase: 'syncing', received: 7 });
    expect(selectSyncStatus(state).lastSyncedAt).toBe(synced[2]?.at);
    expect(selectSyncStatus(state)).toBe(selectSyncStatus(state));
  });
});

describe('P2: what waits', () => {
  const edit = operation('update', 'a', { title: '' });
  const refused = () =>
    row({
      ...about,
      type: 'parked',
      reason: 'rejected',
      operationIds: [edit.id],
      failure,
      rollback: false,
    });

  test('is listed in the order it was made, sealed and dead letters marked', () => {
    const other = operation('create', 'b', { id: 'b' });
    const third = operation('create', 'c', { id: 'c' });
    const state = stateAfter([
      ...synced,
      recorded(edit),
      recorded(other),
      sealed([edit]),
      refused(),
      sealed([other]),
      recorded(third),
    ]);
    const items = selectOutbox(state);
    expect(items.map((item) => [item.operation.id, item.sealed, item.deadLetter])).toEqual([
      [edit.id, false, true],
      [other.id, true, false],
      [third.id, false, false],
    ]);
    expect(selectSyncStatus(state)).toMatchObject({ failed: 1, reason: 'deadLetters' });
    expect(selectConflicts(state)).toEqual([]);
  });

  test('a parked conflict shows both sides', () => {
    const conflict = { remote: null, remoteVersion: null };
    const parking = {
      ...about,
      type: 'parked',
      reason: 'conflict',
      operationIds: [edit.id],
    } as const;
    const state = stateAfter([
      ...synced,
      recorded(edit),
      row({ ...parking, failure, rollback: false, conflict }),
    ]);
    expect(selectConflicts(state)).toMatchObject([
      { recordId: 'a', base, local: { title: '' }, remote: null, operations: [{ id: edit.id }] },
    ]);
    expect(selectSyncStatus(state)).toMatchObject({
      phase: 'attention',
      conflicted: 1,
      reason: 'conflicts',
    });
  });

  test('how an operation ended: known, still waiting, or unknown', () => {
    const state = stateAfter([...synced, recorded(edit)]);
    expect(selectOutcome(state, create.id)).toBe('committed');
    expect(selectOutcome(state, edit.id)).toBeUndefined();
    expect(selectOutcome(state, 'nobody')).toBe('unknown');
  });
});
