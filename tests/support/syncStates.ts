import { emptyFacts, type Facts, laneKey } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { noPages } from '../../store/pages.ts';
import { setIn } from '../../store/pagesDraft.ts';
import type { Ephemeral, SyncState } from '../../store/slice.ts';
import {
  answered,
  failure,
  models,
  operation,
  recorded,
  row,
  sealed,
  TestJournal,
} from './rows.ts';

/** All is well: this tab leads, the network is there, nothing is under way. */
const calm: Ephemeral = {
  connection: 'online',
  role: 'leading',
  run: 'running',
  lines: {},
  shelf: 'none',
  room: null,
  dependent: 0,
  underWay: {},
  pulls: {},
  illegal: [],
};

const theRecord = { model: 'todo', recordId: 'a' } as const;
export const theLane = laneKey(theRecord.model, theRecord.recordId);

/** Facts of one record for each state that a record can be in, but `saving`. */
export function recordFacts() {
  const made = operation('create', 'a', { id: 'a', title: 'A' });
  const begun = () => new TestJournal().add(recorded(made));
  const sent = () => begun().add(sealed([made]));
  const ids = { ...theRecord, operationIds: [made.id] };
  const parked = { type: 'parked', ...ids, failure, rollback: false } as const;
  const theirs = { remote: { id: 'a', title: 'B' }, remoteVersion: '"2"' };
  const retry = { type: 'retryScheduled', ...theRecord, failure } as const;
  const unreadable = { sequence: 9, row: null, text: '?', lane: theRecord, reason: 'v 9' } as const;
  return {
    synced: sent().add(answered([made], { id: 'a', title: 'A' })).facts,
    pending: begun().facts,
    syncing: sent().facts,
    backoff: sent().add(row({ ...retry, attempts: 2, retryAt: 90_000 })).facts,
    conflicted: sent().add(row({ ...parked, reason: 'conflict', conflict: theirs })).facts,
    failed: sent().add(row({ ...parked, reason: 'rejected' })).facts,
    quarantined: foldEntries(emptyFacts(models), [unreadable]).facts,
  } satisfies Record<string, Facts>;
}

export function stateOf(facts: Facts, ephemeral: Partial<Ephemeral> = {}, isSaving = false) {
  const saving = isSaving ? setIn(noPages<number>(), theLane, 1) : noPages<number>();
  return {
    ...{ sequenced: facts, shown: facts, tail: noPages(), saving },
    ephemeral: { ...calm, ...ephemeral },
  } satisfies SyncState;
}
