import { describe, expect, test } from 'vitest';
import { initialTransition, transition } from 'xstate';
import type { Failure } from '../../machines/failure.ts';
import {
  cleanContext,
  type RecordContext,
  type RecordEvent,
  type RecordState,
  recordMachine,
} from '../../machines/record.ts';
import { moveRecord, nextRecordState } from '../../machines/recordTable.ts';

const failure: Failure = { code: 'server', status: 500, message: 'busy', at: 1 };

const states = Object.keys(recordMachine.states) as RecordState[];

/** One event of each (type, guard class). */
const events: RecordEvent[] = [
  { type: 'journaled' },
  { type: 'recorded' },
  { type: 'sealed' },
  { type: 'attemptStarted' },
  { type: 'committed', remaining: 0 },
  { type: 'committed', remaining: 3 },
  { type: 'retryScheduled', attempts: 2, retryAt: 77, failure },
  { type: 'conflictFound', failure },
  { type: 'rejected', failure },
  { type: 'resolved', remaining: 0 },
  { type: 'resolved', remaining: 1 },
  { type: 'cancelled', remaining: 0 },
  { type: 'cancelled', remaining: 1 },
  { type: 'retried' },
  { type: 'edited' },
  { type: 'discarded', remaining: 0 },
  { type: 'discarded', remaining: 1 },
  { type: 'purged' },
];

const contexts: RecordContext[] = [cleanContext, { attempts: 4, retryAt: 99, failure }];

/** Every cell where the table and the machine disagree. */
function differences(next: typeof moveRecord): string[] {
  const found: string[] = [];
  for (const state of states) {
    for (const context of contexts) {
      for (const event of events) {
        const snapshot = recordMachine.resolveState({ value: state, context });
        const [after] = transition(recordMachine, snapshot, event);
        const legal = snapshot.can(event);
        const moved = next({ state, ...context }, event);
        const expected = legal ? { state: after.value, ...after.context } : null;
        if (JSON.stringify(moved) !== JSON.stringify(expected)) {
          found.push(`${state}/${event.type}`);
        }
      }
    }
  }
  return found;
}

describe('the table that the reducer uses', () => {
  test('N3: agrees with the machine in every state, for every event, guard class and context', () => {
    expect(differences(moveRecord)).toEqual([]);
  });

  test('N3: a wrong cell would be noticed', () => {
    const wrong: typeof moveRecord = (facts, event) =>
      facts.state === 'backoff' && event.type === 'attemptStarted'
        ? { ...facts, state: 'pending' }
        : moveRecord(facts, event);
    expect(differences(wrong)).toContain('backoff/attemptStarted');
  });

  test('knows every event that the machine knows', () => {
    const known = new Set(events.map((event) => event.type));
    const inMachine = new Set(recordMachine.events.filter((type) => !type.startsWith('xstate.')));
    expect([...inMachine].filter((type) => !known.has(type as RecordEvent['type']))).toEqual([]);
  });

  test('a row that is illegal for the machine gives null and never throws', () => {
    expect(moveRecord({ state: 'synced', ...cleanContext }, { type: 'sealed' })).toBeNull();
    expect(nextRecordState('pending', { type: 'attemptStarted' })).toBeNull();
  });
});

describe('the life of a record', () => {
  test('begins as saving and is pending once it is durable', () => {
    const [first] = initialTransition(recordMachine);
    expect(first.value).toBe('saving');
    expect(nextRecordState('saving', { type: 'journaled' })).toBe('pending');
  });

  test('a new edit is accepted in every state of a record that is dirty', () => {
    for (const state of states) {
      if (state === 'saving' || state === 'synced') continue;
      expect(nextRecordState(state, { type: 'recorded' }), state).toBe(state);
    }
  });

  test('every state but the last can be left', () => {
    for (const state of states) {
      if (state === 'synced') continue;
      const left = events.some((event) => {
        const next = nextRecordState(state, event);
        return next !== null && next !== state;
      });
      expect(left, state).toBe(true);
    }
  });

  test('what waits for a person can be ended by one', () => {
    expect(nextRecordState('failed', { type: 'retried' })).toBe('pending');
    expect(nextRecordState('failed', { type: 'edited' })).toBe('pending');
    expect(nextRecordState('failed', { type: 'discarded', remaining: 0 })).toBe('synced');
    expect(nextRecordState('conflicted', { type: 'resolved', remaining: 0 })).toBe('synced');
  });
});
