import type { Reducer, UnknownAction } from '@reduxjs/toolkit';
import { type Ephemeral, ephemeralSlice, initialEphemeral } from './ephemeral.ts';
import { emptyFacts, type Facts, laneKey, orderKey } from './facts.ts';
import type { IllegalMove } from './factsDraft.ts';
import { foldEntries, foldTail } from './fold.ts';
import { isJsonObject } from './json.ts';
import { getIn, noPages, type Pages, scan, valuesOf } from './pages.ts';
import { PagesDraft, setIn } from './pagesDraft.ts';
import type { ActionId, JournalEntry, PersonRow, Row } from './rows/row.ts';
import { noteSeen } from './seen.ts';

export type {
  Ephemeral,
  LineFacts,
  PullProgress,
  Shared,
  ShelfState,
  StorageRoom,
} from './ephemeral.ts';
export { nothingShared } from './ephemeral.ts';

export interface SyncState {
  /** The fold of the journal's rows in journal order; alone is checkpointed. */
  readonly sequenced: Facts;
  /** This tab's own acts that are not yet sequenced, by their count. */
  readonly tail: Pages<PersonRow>;
  /** How many acts of the tail touch a lane, by lane key. */
  readonly saving: Pages<number>;
  /** Both, folded: what people see. The same object as `sequenced` while the tail is empty. */
  readonly shown: Facts;
  readonly ephemeral: Ephemeral;
}

/** Acts of people carry their row; the middleware adds who and which. */
export type PersonDraft = PersonRow extends infer R
  ? R extends PersonRow
    ? Omit<R, 'actionId'>
    : never
  : never;

export interface PersonAction {
  readonly type: string;
  readonly payload: PersonDraft;
  readonly meta: {
    readonly syncharts: string;
    readonly actionId?: ActionId;
    /** Refuse it where there is no connection. */
    readonly offline?: 'refuse';
    /** More of the same follow at once: Redux Toolkit tells subscribers after the last of them. */
    readonly RTK_autoBatch?: true;
  };
}

const illegalCap = 100;

export function lanesOfRow(row: Row | PersonDraft): string[] {
  if (row.type === 'recorded') return [laneKey(row.operation.model, row.operation.recordId)];
  if (row.type === 'sealed') return row.requests.map((r) => laneKey(r.model, r.recordId));
  if (row.type === 'pulled') {
    return [...row.items.map((item) => item.id), ...row.deleted].map((id) =>
      laneKey(row.model, id),
    );
  }
  return 'recordId' in row ? [laneKey(row.model, row.recordId)] : [];
}

/** Thrown by the reducer when a write comes without what the middleware adds. */
export class MissingMiddlewareError extends Error {
  override readonly name = 'MissingMiddlewareError';
  constructor() {
    super(
      'A syncharts write reached the reducer without an action id: add `sync.middleware` to the store, ' +
        'and make writes with `sync.models` or `sync.actions`.',
    );
  }
}

/**
 * The slice: one reducer over a closed set of actions. The hot cases (an act, a batch of journal
 * entries) stand outside Immer: a draft over pages costs fifty times as much.
 */
export function createSyncSlice(name: string, models: readonly string[]) {
  const ephemeral = ephemeralSlice(name);
  const types = {
    sequenced: `${name}/sequenced`,
    tailRejected: `${name}/tailRejected`,
    checkpointLoaded: `${name}/checkpointLoaded`,
    restarted: `${name}/restarted`,
  } as const;
  const empty = emptyFacts(models);
  const initialState: SyncState = {
    sequenced: empty,
    tail: noPages(),
    saving: noPages(),
    shown: empty,
    ephemeral: initialEphemeral,
  };

  const actions = {
    ...ephemeral.actions,
    /** Entries of the journal, in order; `writer` is this tab's, if the acts were its own. */
    sequenced: (entries: readonly JournalEntry[], writer: string) => ({
      type: types.sequenced,
      payload: { entries, writer },
    }),
    /** Acts that could not be made durable leave again. */
    tailRejected: (counts: readonly number[]) => ({ type: types.tailRejected, payload: counts }),
    /** Facts read from disk anew: after a compaction, after a jump of the DevTools. */
    checkpointLoaded: (facts: Facts) => ({ type: types.checkpointLoaded, payload: facts }),
    /** Facts read from disk at a start after a stop. */
    restarted: (facts: Facts) => ({ type: types.restarted, payload: facts }),
  };

  function isPersonAction(action: UnknownAction): action is PersonAction & UnknownAction {
    const meta = action.meta as { syncharts?: unknown } | undefined;
    return meta?.syncharts === name;
  }

  const reducer: Reducer<SyncState> = (state = initialState, action) => {
    if (isPersonAction(action)) return acted(state, action);
    switch (action.type) {
      case types.sequenced: {
        const { entries, writer } = action.payload as ReturnType<
          typeof actions.sequenced
        >['payload'];
        return sequenced(state, entries, writer);
      }
      case types.tailRejected:
        return tailRejected(state, action.payload as readonly number[]);
      case types.checkpointLoaded:
        return loaded(state, action.payload as Facts, 'again');
      case types.restarted:
        return loaded(state, action.payload as Facts, 'first');
      // redux-persist's own action, at the first start. A persisted reducer of the app's that has our
      // key would bring something else.
      case 'persist/REHYDRATE':
        return action.key === name && isFacts(action.payload)
          ? loaded(state, action.payload, 'first')
          : state;
      default: {
        const next = ephemeral.reducer(state.ephemeral, action);
        return next === state.ephemeral ? state : { ...state, ephemeral: next };
      }
    }
  };

  return { name, reducer, actions, types, isPersonAction };
}

export type SyncSlice = ReturnType<typeof createSyncSlice>;

function isFacts(payload: unknown): payload is Facts {
  return (
    isJsonObject(payload) &&
    Object.keys(emptyFacts([])).every((name) => Object.hasOwn(payload, name))
  );
}

function acted(state: SyncState, action: PersonAction): SyncState {
  const actionId = action.meta.actionId;
  if (!actionId) throw new MissingMiddlewareError();
  const row = { ...action.payload, actionId } as PersonRow;
  return {
    ...state,
    tail: setIn(state.tail, orderKey(actionId.n), row),
    saving: counted(state.saving, [row], 1),
    shown: foldTail(state.shown, [row]),
  };
}

function counted(before: Pages<number>, rows: readonly Row[], by: 1 | -1): Pages<number> {
  const saving = new PagesDraft(before);
  for (const row of rows) {
    for (const lane of lanesOfRow(row)) {
      const count = (saving.get(lane) ?? 0) + by;
      if (count > 0) saving.set(lane, count);
      else saving.delete(lane);
    }
  }
  return saving.finish();
}

/**
 * Entries of the journal arrive: `sequenced` folds them, the tail loses what it now holds. What is
 * shown is, by definition, `sequenced` with the rest of the tail folded over it; three short cuts
 * give the same without folding again (their equality is a property test):
 * all of the tail was written, some of the tail's beginning was, or only rows of other lanes came.
 */
function sequenced(state: SyncState, all: readonly JournalEntry[], writer: string): SyncState {
  const isNew = (entry: JournalEntry) => entry.sequence > state.sequenced.head;
  // As a rule it is the very array that was folded ahead.
  const entries = all.every(isNew) ? all : all.filter(isNew);
  if (entries.length === 0) return state;
  const plain = state.tail.size > 0 && state.sequenced.quarantine.size === 0;
  const first = plain ? ownFirst(state.tail, entries, writer) : null;
  if (first === state.tail.size) return adopted(state, entries);

  const { facts, illegal } = foldEntries(state.sequenced, entries);
  const { tail, saving } = withoutSeen(state, facts, writer);
  let shown: Facts;
  if (tail.size === 0) shown = facts;
  else if (first !== null) shown = state.shown;
  else if (state.shown.generation === facts.generation && apart(entries, state.saving))
    shown = foldEntries(state.shown, entries).facts;
  else shown = foldTail(facts, valuesOf(tail));
  return { ...state, sequenced: facts, tail, saving, shown, ephemeral: noted(state, illegal) };
}

/** How many entries there are, if they are exactly the tail's first and all plain writes. */
function ownFirst(
  tail: Pages<PersonRow>,
  entries: readonly JournalEntry[],
  writer: string,
): number | null {
  if (entries.length > tail.size) return null;
  let at = 0;
  let same = true;
  scan(tail, '', (row) => {
    const entry = entries[at];
    if (!entry) return false;
    const { actionId, type } = entry.row ?? {};
    same = type === 'recorded' && actionId?.writer === writer && actionId.n === row.actionId.n;
    at++;
    return same;
  });
  return same ? entries.length : null;
}

/** All of the tail was written, nothing else came: what was shown is what is true. */
function adopted(state: SyncState, entries: readonly JournalEntry[]): SyncState {
  const { sequenced: before, shown } = state;
  const folded = before.folded + entries.length;
  const lastSeen = { ...before.lastSeen };
  entries.forEach(({ row }, i) => {
    if (row) noteSeen(lastSeen, row.actionId.writer, row.actionId.n, before.folded + i + 1);
  });
  const head = entries[entries.length - 1]?.sequence ?? before.head;
  const facts: Facts = { ...shown, head, folded, lastSeen };
  return { ...state, sequenced: facts, shown: facts, tail: noPages(), saving: noPages() };
}

/** Whether the rows touch no lane that the tail touches (pulls of whole pages included). */
function apart(entries: readonly JournalEntry[], saving: Pages<number>): boolean {
  return entries.every(
    ({ row }) =>
      row !== null &&
      row.type !== 'recorded' &&
      row.type !== 'edited' &&
      row.type !== 'purged' &&
      lanesOfRow(row).every((lane) => getIn(saving, lane) === undefined),
  );
}

function withoutSeen(state: SyncState, facts: Facts, writer: string) {
  const seen = facts.lastSeen[writer]?.n ?? 0;
  const tail = new PagesDraft(state.tail);
  const gone: PersonRow[] = [];
  for (let next = tail.first(); next && next.value.actionId.n <= seen; next = tail.first()) {
    gone.push(next.value);
    tail.delete(next.key);
  }
  const saving = gone.length > 0 ? counted(state.saving, gone, -1) : state.saving;
  return { tail: tail.finish(), saving };
}

function noted(state: SyncState, illegal: readonly IllegalMove[]): Ephemeral {
  if (illegal.length === 0) return state.ephemeral;
  const all = [...state.ephemeral.illegal, ...illegal].slice(-illegalCap);
  return { ...state.ephemeral, illegal: all };
}

function tailRejected(state: SyncState, counts: readonly number[]): SyncState {
  const tail = new PagesDraft(state.tail);
  const gone: PersonRow[] = [];
  for (const n of counts) {
    const row = tail.get(orderKey(n));
    if (row) gone.push(row);
    tail.delete(orderKey(n));
  }
  const rest = tail.finish();
  return {
    ...state,
    tail: rest,
    saving: counted(state.saving, gone, -1),
    shown: rest.size === 0 ? state.sequenced : foldTail(state.sequenced, valuesOf(rest)),
  };
}

/** Facts from disk replace `sequenced`; the tail stays, the first time on the generation that it meets. */
function loaded(state: SyncState, facts: Facts, when: 'first' | 'again'): SyncState {
  const { generation } = facts;
  const tail = new PagesDraft(state.tail);
  const saving = new PagesDraft<number>(noPages());
  for (const row of valuesOf(state.tail)) {
    const key = orderKey(row.actionId.n);
    // Dispatched before anybody could know how often the store had been cleared, and written after this:
    // later it may be on its way to the disk as it is.
    const early = when === 'first' && row.type === 'recorded';
    if (row.actionId.n <= (facts.lastSeen[row.actionId.writer]?.n ?? 0)) tail.delete(key);
    else if (early) tail.set(key, { ...row, generation });
  }
  const rest = tail.finish();
  const rows = valuesOf(rest);
  return {
    ...state,
    sequenced: facts,
    tail: rest,
    saving: counted(saving.finish(), rows, 1),
    shown: rows.length === 0 ? facts : foldTail(facts, rows),
  };
}
