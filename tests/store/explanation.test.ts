import { describe, expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { type ConnectionState, connectionMachine } from '../../machines/connection.ts';
import { type EngineRole, type EngineRun, engineMachine } from '../../machines/engine.ts';
import { lineMachine } from '../../machines/line.ts';
import { recordMachine } from '../../machines/record.ts';
import {
  type BlockedBy,
  type ExplainContext,
  type Explanation,
  selectExplanation,
} from '../../store/explanation.ts';
import { laneKey } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { selectRecordStatus } from '../../store/selectors/recordStatus.ts';
import type { LineFacts, SyncState } from '../../store/slice.ts';
import type { WaitKind } from '../../store/wait.ts';
import { failure, operation, recorded, row, sealed, TestJournal } from '../support/rows.ts';
import { recordFacts, stateOf, theLane } from '../support/syncStates.ts';

const lineStates = Object.keys(lineMachine.states) as LineFacts['state'][];
const connectionStates = Object.keys(connectionMachine.states) as (ConnectionState | 'starting')[];
const roles = Object.keys(engineMachine.states.role?.states ?? {}) as EngineRole[];
const runs: EngineRun[] = ['running', 'paused', 'timeTravelling'];

const open: ExplainContext = {
  hasModel: () => true,
  originOf: () => 'https://api',
  blockerOf: () => null,
};

const contexts: ExplainContext[] = [
  open,
  { ...open, hasModel: () => false },
  { ...open, isUnsealable: () => true },
  { ...open, awaitsRead: () => true },
  ...(['reference', 'dependsOn', 'parentFailed'] as const).map((why) => {
    const blocker: BlockedBy = { lane: laneKey('todo', 'b'), why, operationId: 'op' };
    return {
      ...open,
      blockerOf: (_: SyncState, lane: { recordId: string }) =>
        lane.recordId === 'a' ? blocker : null,
    };
  }),
];

/** Every state that a record can be in, beside every state that the rest of the world can be in. */
function* everything(): Generator<{ state: SyncState; context: ExplainContext; name: string }> {
  const b = operation('create', 'b', { id: 'b' });
  for (const [word, alone] of [...Object.entries(recordFacts()), ['saving', null] as const]) {
    const facts = alone ?? recordFacts().pending;
    const entries = [recorded(b), sealed([b])];
    const rows = entries.map((item, i) => ({ sequence: 20 + i, row: item }));
    const { facts: both } = foldEntries(facts, rows);
    for (const role of roles)
      for (const run of runs)
        for (const connection of connectionStates)
          for (const line of lineStates)
            for (const [isUnderWay, shelf] of [
              [false, 'open'],
              [true, 'open'],
              [false, 'full'],
            ] as const)
              for (const [i, context] of contexts.entries()) {
                const lines = { 'https://api': { state: line, until: 70_000, failure } };
                const underWay: Record<string, true> = isUnderWay ? { [theLane]: true } : {};
                const ephemeral = { role, run, connection, lines, underWay, shelf };
                const state = stateOf(both, ephemeral, word === 'saving');
                const name = [word, role, run, connection, line, isUnderWay, shelf, i].join(' ');
                yield { state, context, name };
              }
  }
}

const machines: Record<string, AnyStateMachine> = {
  record: recordMachine,
  connection: connectionMachine,
  line: lineMachine,
  engine: engineMachine,
};

/** The events that a machine's states take anywhere in it, and `elapsed` where one waits. */
function eventsOf(machine: AnyStateMachine): Set<string> {
  return new Set(
    machine.events.map((event) => (event.startsWith('xstate.after.') ? 'elapsed' : event)),
  );
}

/** A record that is never missing here: the compiler asks for every kind of wait. */
const kinds: Record<WaitKind, true> = {
  ...{
    disk: true,
    storage: true,
    stopped: true,
    hydrating: true,
    electing: true,
    frozen: true,
    readOnly: true,
  },
  ...{
    leader: true,
    room: true,
    paused: true,
    timeTravelling: true,
    offline: true,
    networkUnsuited: true,
  },
  ...{ probing: true, unreachable: true, line: true, retryAt: true, blockedBy: true },
  ...{ parentFailed: true, conflict: true, deadLetter: true, quarantine: true },
  ...{ unknownModel: true, read: true, unsealable: true, turn: true, answer: true },
};

describe('N7: why a record waits', () => {
  test('N7: every state of a record, beside every state of the machines around it, is explained', () => {
    const seen = new Set<WaitKind>();
    let count = 0;
    for (const { state, context, name } of everything()) {
      count++;
      const explanation = selectExplanation(state, 'todo', 'a', context);
      const { status } = selectRecordStatus(state, 'todo', 'a');
      const isSynced = name.startsWith('synced');
      const problem = (what: string) => `${name}: ${what} in ${JSON.stringify(explanation)}`;
      if (explanation.state !== status) throw new Error(problem('another state'));
      if (isSynced !== (explanation.waitsFor.length === 0)) throw new Error(problem('no reason'));
      if (isSynced !== (explanation.movedBy === null)) throw new Error(problem('no way on'));
      if (/unknown|undefined|null|NaN/.test(explanation.sentence))
        throw new Error(problem('words'));
      if (!/^[A-Z].*\.$/.test(explanation.sentence)) throw new Error(problem('no sentence'));
      const move = explanation.movedBy;
      if (move && move.machine !== 'app') {
        const known = eventsOf(machines[move.machine] as AnyStateMachine);
        if (!known.has(move.event)) throw new Error(problem('an event that no machine has'));
      }
      for (const wait of explanation.waitsFor) seen.add(wait.kind);
    }
    expect(count).toBeGreaterThan(50_000);
    expect([...seen].sort()).toEqual(Object.keys(kinds).sort());
  });

  const explained = (state: SyncState, context = open, id = 'a'): Explanation =>
    selectExplanation(state, 'todo', id, context);
  const facts = recordFacts();

  test('N7: the event that is named moves the machine that is named, from the state it is in', () => {
    const moved = (machine: AnyStateMachine, value: unknown, event: string) => {
      const snapshot = machine.resolveState({
        value: value as string,
        context: { hinted: 'present' },
      });
      return snapshot.can({ type: event, remaining: 0, renewals: 0 });
    };
    for (const connection of ['offline', 'unsuited', 'probing'] as const) {
      const { movedBy } = explained(stateOf(facts.pending, { connection }));
      expect(moved(connectionMachine, connection, movedBy?.event ?? ''), connection).toBe(true);
    }
    // A newer build of the app is what a tab waits for that reads only.
    for (const role of roles.filter((name) => !['leading', 'readOnly'].includes(name))) {
      const { movedBy } = explained(stateOf(facts.pending, { role, connection: 'starting' }));
      const value = { role, run: 'running', moment: 'present' };
      expect(moved(engineMachine, value, movedBy?.event ?? ''), role).toBe(true);
    }
    for (const state of ['refreshing', 'authRequired', 'trying'] as const) {
      const lines = { 'https://api': { state, until: null, failure } };
      const { movedBy } = explained(stateOf(facts.pending, { lines }));
      expect(moved(lineMachine, state, movedBy?.event ?? ''), state).toBe(true);
    }
    for (const word of ['pending', 'syncing', 'backoff', 'conflicted', 'failed'] as const) {
      const { movedBy } = explained(stateOf(facts[word]));
      expect(moved(recordMachine, word, movedBy?.event ?? ''), word).toBe(true);
    }
  });

  test('a person can decide whatever the network does: the dead letter comes first', () => {
    const away = { connection: 'offline', role: 'leading' } as const;
    expect(explained(stateOf(facts.failed, away))).toMatchObject({
      state: 'failed',
      waitsFor: [{ kind: 'deadLetter', failure }],
      movedBy: { by: 'person', machine: 'record', event: 'retried' },
    });
    expect(explained(stateOf(facts.conflicted, away)).waitsFor[0]?.kind).toBe('conflict');
  });

  test('all that must end is named, what decides first', () => {
    const lines = { 'https://api': { state: 'pausedUntil', until: 70_000, failure } } as const;
    const { waitsFor } = explained(stateOf(facts.backoff, { lines, connection: 'offline' }));
    expect(waitsFor).toEqual([
      { kind: 'offline' },
      { kind: 'line', origin: 'https://api', state: 'pausedUntil', until: 70_000, failure },
      { kind: 'retryAt', until: 90_000, attempts: 2, failure },
    ]);
  });

  test('what waits for another record says what that one waits for', () => {
    const parent = operation('create', 'b', { id: 'b' });
    const ids = { model: 'todo', recordId: 'b', operationIds: [parent.id] };
    const journal = new TestJournal().add(
      recorded(parent),
      sealed([parent]),
      row({ type: 'parked', ...ids, reason: 'rejected', failure, rollback: false }),
      recorded(operation('create', 'a', { id: 'a', list: 'b' })),
    );
    const blocker: BlockedBy = { lane: laneKey('todo', 'b'), why: 'reference', operationId: null };
    const context = { ...open, blockerOf: () => blocker };
    const { waitsFor, movedBy, sentence } = explained(stateOf(journal.facts), context);
    expect(waitsFor).toEqual([
      {
        ...{ kind: 'blockedBy', why: 'reference', change: 'create', state: 'failed' },
        ...{ model: 'todo', recordId: 'b' },
      },
      { kind: 'deadLetter', failure },
    ]);
    expect(movedBy?.by).toBe('person');
    expect(sentence).toBe(
      'It is blocked by the create of todo b. There: The server refused it for good (busy): ' +
        'edit, retry or discard it.',
    );
  });

  test('a circle of records that block each other ends', () => {
    const journal = new TestJournal().add(
      recorded(operation('create', 'a', { id: 'a' })),
      recorded(operation('create', 'b', { id: 'b' })),
    );
    const context: ExplainContext = {
      ...open,
      blockerOf: (_, { recordId }) => ({
        ...{ lane: laneKey('todo', recordId === 'a' ? 'b' : 'a'), why: 'reference' },
        operationId: null,
      }),
    };
    const { waitsFor } = explained(stateOf(journal.facts), context);
    expect(waitsFor.length).toBeLessThan(20);
  });

  test('later changes of the record are counted behind the one in front', () => {
    const first = operation('create', 'a', { id: 'a' });
    const journal = new TestJournal().add(
      recorded(first),
      sealed([first]),
      recorded(operation('update', 'a', { title: 'B' })),
      recorded(operation('update', 'a', { title: 'C' })),
    );
    const underWay = { [theLane]: true } as const;
    const explanation = explained(stateOf(journal.facts, { underWay }));
    expect(explanation).toMatchObject({ state: 'syncing', behind: 2 });
    expect(explanation.sentence).toMatch(/2 later changes wait behind it\.$/);
  });

  test('the same object as long as it says the same', () => {
    const before = stateOf(facts.backoff);
    const first = explained(before);
    expect(explained({ ...before, ephemeral: { ...before.ephemeral, dependent: 7 } })).toBe(first);
    expect(explained(stateOf(facts.backoff, { connection: 'offline' }))).not.toBe(first);
    const kept = stateOf(facts.quarantined);
    expect(explained(kept)).toBe(explained({ ...kept }));
    expect(explained(stateOf(facts.synced))).toBe(explained(stateOf(facts.synced), open, 'none'));
  });

  test('the wait of a write that is not yet durable is for the disk alone', () => {
    const { facts: shown } = new TestJournal().add(recorded(operation('create', 'a', { id: 'a' })));
    const { waitsFor, state } = explained(stateOf(shown, { connection: 'offline' }, true));
    expect([state, waitsFor]).toEqual(['saving', [{ kind: 'disk' }]]);
  });

  test('many unreadable rows of other records do not explain this one', () => {
    const state = stateOf(facts.quarantined);
    expect(explained(state, open, 'z').waitsFor).toEqual([]);
  });
});
