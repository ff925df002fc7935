import { expect, test } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import { Handles } from '../../src/handles.ts';
import { namelessCap, settlementCap, writerCap } from '../../store/caps.ts';
import { emptyFacts } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import type { JournalEntry, Row } from '../../store/rows/row.ts';
import { createSyncSlice } from '../../store/slice.ts';
import { canonical, models, operation, recorded, TestJournal } from '../support/rows.ts';

test('I22: a tab remembers no more writers than a start that reads its journal back', () => {
  const journal = new TestJournal();
  for (let writer = 0; writer < writerCap; writer++) {
    const made = recorded(operation('create', `r${writer}`));
    journal.add({ ...made, actionId: { writer: `tab ${writer}`, n: 1 } });
  }
  const slice = createSyncSlice('sync', models);
  const loaded = slice.reducer(undefined, slice.actions.checkpointLoaded(journal.facts));

  const actionId = { writer: 'this tab', n: 1 };
  const { actionId: _, ...payload } = recorded(operation('create', 'mine'));
  const action = { type: 'sync/recorded', payload, meta: { syncharts: 'sync', actionId } };
  const row = { ...payload, actionId } as Row;
  const entry = { sequence: journal.entries.length + 1, row };
  const acted = slice.reducer(loaded, action);
  const { sequenced } = slice.reducer(acted, slice.actions.sequenced([entry], 'this tab'));

  expect(canonical(sequenced)).toEqual(canonical(journal.add(row).facts));
  expect(Object.keys(sequenced.lastSeen)).toHaveLength(writerCap);
});

test('I22: of unreadable rows that name no record the last 1,000 are kept, and it is told which went', () => {
  const lane = { model: 'todo', recordId: 'somebodys' };
  const entries = Array.from({ length: namelessCap + 3 }, (_, i): JournalEntry => {
    const unreadable = { sequence: i + 1, row: null, text: `bytes ${i + 1}`, reason: 'not JSON' };
    return { ...unreadable, lane: i === 0 ? lane : null };
  });
  const { facts, illegal } = foldEntries(emptyFacts(models), entries);
  // The first is a record's: it stays. Of the rest the second and the third were too many.
  expect(facts.quarantine.size).toBe(namelessCap + 1);
  expect(illegal).toMatchObject([
    { sequence: 2, type: 'unreadable' },
    { sequence: 3, type: 'unreadable' },
  ]);
});

test('I23: a page on a full disk remembers its last 10,000 rolled back writes, not all of them', async () => {
  const slice = createSyncSlice('sync', models);
  const handles = new Handles(
    () => slice.reducer(undefined, { type: 'init' }),
    () => false,
  );
  const full = new SyncError('notSaved', 'no room');
  for (let n = 0; n <= settlementCap; n++) handles.notSaved(n, `op ${n}`, full);
  expect((await handles.settled('todo', 'r', 'op 0')).outcome).toBe('unknown');
  expect((await handles.settled('todo', 'r', 'op 1')).outcome).toBe('discarded');
});
