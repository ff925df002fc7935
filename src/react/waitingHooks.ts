import { useMemo } from 'react';
import { selectConflictLog } from '../../store/conflictLog.ts';
import { selectDeadLetters } from '../../store/deadLetters.ts';
import { type OutboxView, selectOutboxView, selectRecordOutbox } from '../../store/outboxView.ts';
import { type ParkedConflict, selectConflicts } from '../../store/selectors/conflicts.ts';
import type { SyncState } from '../../store/slice.ts';
import { sameFields, sameItems, steady, steadyList } from './stable.ts';
import type { SyncHooks } from './syncHooks.ts';
import type { AnySync, UseFacts } from './types.ts';

type WaitingHooks<S extends AnySync> = Pick<
  SyncHooks<S>,
  'useOutbox' | 'useRecordOutbox' | 'useDeadLetters' | 'useConflicts' | 'useConflictLog'
>;

/** Rows that a list shows before anybody asks for more. */
const defaultLimit = 100;

function sameView(a: OutboxView, b: OutboxView): boolean {
  return a.total === b.total && sameItems(a.items, b.items);
}

function conflictKey({ model, recordId }: ParkedConflict): string {
  return `${model}\u0000${recordId}`;
}

function sameConflict(a: ParkedConflict, b: ParkedConflict): boolean {
  const { operations, ...rest } = a;
  const { operations: others, ...other } = b;
  return sameFields(rest, other) && sameItems(operations, others);
}

/** What is not on the server yet, what waits for a person, and what merges overwrote. */
export function createWaitingHooks<S extends AnySync>(useFacts: UseFacts): WaitingHooks<S> {
  return {
    useOutbox: ({ limit = defaultLimit } = {}) => {
      const read = useMemo(() => {
        return steady((state: SyncState) => selectOutboxView(state, limit), sameView);
      }, [limit]);
      return useFacts(read);
    },
    useRecordOutbox: (model, id) => {
      const read = useMemo(() => {
        return steady((state: SyncState) => selectRecordOutbox(state, model, id), sameItems);
      }, [model, id]);
      return useFacts(read);
    },
    useDeadLetters: () => useFacts(useMemo(() => steady(selectDeadLetters, sameItems), [])),
    useConflicts: () => {
      const read = useMemo(() => steadyList(selectConflicts, conflictKey, sameConflict), []);
      return useFacts(read);
    },
    useConflictLog: ({ limit = defaultLimit } = {}) => {
      const read = useMemo(() => {
        return steady((state: SyncState) => selectConflictLog(state, limit), sameItems);
      }, [limit]);
      return useFacts(read);
    },
  };
}
