import type { Action } from '@reduxjs/toolkit';
import { type AnyActorRef, type InspectionEvent, toObserver } from 'xstate';
import {
  cleanContext,
  type RecordEvent,
  type RecordState,
  recordMachine,
} from '../machines/record.ts';
import type { RecordFacts } from '../machines/recordTable.ts';
import { type Facts, laneKey } from '../store/facts.ts';
import { foldEntries } from '../store/fold.ts';
import { getIn } from '../store/pages.ts';
import type { JournalEntry } from '../store/rows/row.ts';
import { lanesOfRow, type SyncSlice, type SyncState } from '../store/slice.ts';
import type { Inspect } from './engine/wire/connection.ts';

/** As much of an actor as XState's inspection protocol shows. */
type RecordActor = Pick<AnyActorRef, 'id' | 'sessionId' | 'send' | 'getSnapshot'> & {
  readonly logic: typeof recordMachine;
};

interface Watched {
  readonly actor: RecordActor;
  readonly tell: (event: InspectionEvent) => void;
  /** Null: there is nothing to tell of yet. */
  facts: RecordFacts | null;
}

type SliceAction<K extends keyof SyncSlice['actions']> = ReturnType<SyncSlice['actions'][K]>;
type TellEvent = { readonly type: string };

const saving: RecordFacts = { state: 'saving', ...cleanContext };
const synced: RecordFacts = { state: 'synced', ...cleanContext };

function snapshotOf({ state, attempts, retryAt, failure }: RecordFacts) {
  return recordMachine.resolveState({ value: state, context: { attempts, retryAt, failure } });
}

function sessionOf(watched: Watched): void {
  watched.tell({
    ...{ type: '@xstate.actor', actorRef: watched.actor, rootId: watched.actor.sessionId },
  });
}

/** Tells an event and the state that it led to. */
function step(watched: Watched, event: TellEvent, facts: RecordFacts): void {
  watched.facts = facts;
  const { actor: actorRef, tell } = watched;
  const about = { actorRef, rootId: actorRef.sessionId, event };
  tell({ type: '@xstate.event', sourceRef: undefined, ...about });
  tell({ type: '@xstate.snapshot', snapshot: snapshotOf(facts), ...about });
}

/**
 * Records as actors of XState's inspection protocol. There are no such actors (100,000 would take
 * 367 MB): what the reducer does with a watched record is told as if there were one, move by move of
 * the record machine. Costs nothing while nothing is watched.
 */
export class RecordWatch {
  readonly #slice: SyncSlice;
  readonly #state: () => SyncState;
  readonly #report: (error: unknown) => void;
  /** By lane key. */
  readonly #watched = new Map<string, Set<Watched>>();

  constructor(slice: SyncSlice, state: () => SyncState, report: (error: unknown) => void) {
    this.#slice = slice;
    this.#state = state;
    this.#report = report;
  }

  /** Tells `observer` of a record from now on. Returns how to stop. */
  watch(model: string, recordId: string, observer: Inspect): () => void {
    const key = laneKey(model, recordId);
    const { next } = toObserver(observer);
    const watched: Watched = {
      actor: {
        id: `${model} ${recordId}`,
        sessionId: `${this.#slice.name}/${model}/${recordId}`,
        logic: recordMachine,
        send: () => {},
        getSnapshot: () => snapshotOf(watched.facts ?? synced),
      },
      tell: (event) => {
        try {
          next?.(event);
        } catch (error) {
          this.#report(error);
        }
      },
      facts: factsIn(this.#state(), key),
    };
    const all = this.#watched.get(key) ?? new Set();
    this.#watched.set(key, all.add(watched));
    sessionOf(watched);
    return () => {
      all.delete(watched);
      if (all.size === 0 && this.#watched.get(key) === all) this.#watched.delete(key);
    };
  }

  /** Called before an action goes to the reducer: what it gives is called after. */
  around(action: Action): (() => void) | null {
    if (this.#watched.size === 0) return null;
    const { sequenced } = this.#state();
    return () => this.#saw(action, sequenced);
  }

  #saw(action: Action, before: Facts): void {
    const { types, name: prefix } = this.#slice;
    if (action.type === types.sequenced) {
      this.#sequenced(before, (action as SliceAction<'sequenced'>).payload.entries);
    } else if (action.type === `${prefix}/attemptStarted`) {
      const { payload: lanes } = action as SliceAction<'attemptStarted'>;
      for (const lane of lanes) this.#moved(lane, { type: 'attemptStarted' }, null);
    }
    // Whatever else happened (a clear, facts from disk, a jump of the DevTools) is told as it is.
    const name = action.type.slice(action.type.lastIndexOf('/') + 1);
    const state = this.#state();
    for (const [key, all] of this.#watched) {
      const facts = factsIn(state, key);
      const isUnderWay = Object.hasOwn(state.ephemeral.underWay, key);
      for (const watched of all) {
        // An attempt that began in backoff is no durable fact: the store says `backoff` still.
        const isAttempt = facts.state === 'backoff' && watched.facts?.state === 'syncing';
        if (!(isAttempt && isUnderWay)) this.#settle(watched, name, facts);
      }
    }
  }

  /** What the store says now, where the moves that were told lead elsewhere. */
  #settle(watched: Watched, name: string, facts: RecordFacts): void {
    const known = watched.facts?.state;
    if (known === facts.state) {
      watched.facts = facts;
    } else if (facts.state === 'saving') {
      // A new life: what was synced is final.
      watched.facts = saving;
      sessionOf(watched);
    } else {
      step(watched, { type: name }, facts);
    }
  }

  #sequenced(before: Facts, entries: readonly JournalEntry[]): void {
    let facts = before;
    for (const entry of entries) {
      const { row } = entry;
      const isOurs = row !== null && lanesOfRow(row).some((lane) => this.#watched.has(lane));
      if (!isOurs) {
        facts = foldEntries(facts, [entry]).facts;
        continue;
      }
      const moves: (() => void)[] = [];
      const folded = foldEntries(facts, [entry], ({ model, recordId }, event, to) => {
        moves.push(() => this.#moved(laneKey(model, recordId), event, to));
      });
      if (row.type === 'recorded') {
        const { model, recordId } = row.operation;
        const key = laneKey(model, recordId);
        const wasThere = getIn(facts.lanes, key) !== undefined;
        const now = getIn(folded.facts.lanes, key);
        if (now) this.#recorded(key, wasThere, now);
      }
      if (folded.illegal.length === 0) for (const move of moves) move();
      facts = folded.facts;
    }
  }

  #recorded(key: string, wasThere: boolean, to: RecordFacts): void {
    for (const watched of this.#watched.get(key) ?? []) {
      if (wasThere) {
        step(watched, { type: 'recorded' }, to);
        continue;
      }
      if (watched.facts?.state !== 'saving') {
        watched.facts = saving;
        sessionOf(watched);
      }
      step(watched, { type: 'journaled' }, to);
    }
  }

  /** @param to null: the machine tells */
  #moved(key: string, event: RecordEvent, to: RecordFacts | null): void {
    for (const watched of this.#watched.get(key) ?? []) {
      const from = watched.facts?.state;
      // An attempt's start was told when it started; the row of its answer implies it once more.
      if (event.type === 'attemptStarted' && from !== 'backoff') continue;
      const next = to ?? {
        ...(watched.facts ?? synced),
        state: 'syncing' as RecordState,
        retryAt: null,
      };
      step(watched, event, next);
    }
  }
}

/** Where a record's machine stands, by the store. */
function factsIn(state: SyncState, key: string): RecordFacts {
  const lane = getIn(state.sequenced.lanes, key);
  if (!lane) return getIn(state.saving, key) === undefined ? synced : saving;
  const { state: word, attempts, retryAt, failure } = lane;
  return { state: word, attempts, retryAt, failure };
}
