import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnswerContext, answerRows } from '../../src/engine/answers/answerRows.ts';
import type { PagePart } from '../../src/engine/pulls/pageParts.ts';
import { type PartContext, partRows } from '../../src/engine/pulls/pulling.ts';
import type { Answer, RemoteRecord } from '../../src/ports/transport.ts';
import { sealRequest } from '../../src/rest/seal.ts';
import { restoreFacts, rootOf, treesOf } from '../../store/checkpoint.ts';
import { emptyFacts, type Facts, type Lane, laneKey } from '../../store/facts.ts';
import { foldEntries, foldTail } from '../../store/fold.ts';
import type { JsonObject } from '../../store/json.ts';
import { operationsIn } from '../../store/operationsIn.ts';
import { getIn, keysOf, noPages, type Pages, valuesOf } from '../../store/pages.ts';
import { PagesDraft } from '../../store/pagesDraft.ts';
import { decodeEntry, encodeRow } from '../../store/rows/codec.ts';
import type { JournalEntry, Operation, PersonRow, Row } from '../../store/rows/row.ts';
import { coalesce } from '../../store/seal.ts';
import { createSyncSlice, type PersonDraft } from '../../store/slice.ts';
import { canonical } from '../support/rows.ts';

/** A walk of people, an engine and a server over one slice and its journal. */
const slice = createSyncSlice('sync', ['todo']);
const mergeRule = {
  references: {},
  rule: { policy: 'merge', updatedAt: null, serverFields: [], clockOffset: () => null },
} as const;
const wire = {
  name: 'todo',
  endpoint: 'todos',
  ids: 'client',
  nulls: 'delete',
  versionField: null,
} as const;
const gone: RemoteRecord = { record: null, version: null, lastOperationId: null };
const failure = { code: 'rejected', message: '', at: 1 } as const;

type Drafts = ReturnType<ReturnType<typeof partRows>> | ReturnType<typeof answerRows>;
type Intention = Partial<Omit<Operation, 'changes'>> & { readonly changes?: JsonObject };

class Walk {
  state = slice.reducer(undefined, { type: 'start' });
  readonly journal: JournalEntry[] = [];
  #unsaved: PersonRow[] = [];
  #made = 0;
  #acts = 0;
  #engineRows = 0;
  #version = 1;

  get facts(): Facts {
    return this.state.sequenced;
  }

  get tail(): PersonRow[] {
    return valuesOf(this.state.tail);
  }

  operation(recordId: string, intention: Intention): Operation {
    const strategy = intention.strategy ?? 'optimistic';
    return {
      ...{ id: `op-${++this.#made}`, model: 'todo', recordId, kind: 'update', changes: {}, at: 1 },
      ...{ visible: strategy === 'optimistic', strategy },
      ...intention,
    };
  }

  record(recordId: string, intention: Intention): void {
    const { generation } = this.state.shown;
    const operation = this.operation(recordId, intention);
    this.act({ v: 1, type: 'recorded', at: 1, generation, operation });
  }

  act(payload: PersonDraft): void {
    const actionId = { writer: 'tab', n: ++this.#acts };
    const meta = { syncharts: 'sync', actionId };
    this.state = slice.reducer(this.state, { type: 'sync/act', payload, meta });
    this.#unsaved.push({ ...payload, actionId });
  }

  /** Another tab cleared everything, before it lost the lead. */
  clearedElsewhere(): void {
    const generation = this.facts.generation + 1;
    const actionId = { writer: 'other', n: ++this.#acts };
    this.#write([{ v: 1, type: 'purged', at: 1, generation, actionId }]);
  }

  engine(drafts: Drafts): void {
    if (!Array.isArray(drafts)) return;
    this.#write(
      drafts.map((draft): Row => {
        const actionId = { writer: 'tab/engine', n: ++this.#engineRows };
        return { ...draft, actionId };
      }),
    );
  }

  /** The first acts of the tail become durable. */
  save(count: number): void {
    this.#write(this.#unsaved.splice(0, count));
  }

  refuseLast(): void {
    const last = this.#unsaved.pop();
    if (!last) return;
    this.state = slice.reducer(this.state, slice.actions.tailRejected([last.actionId.n]));
  }

  /** What the server has now: it changes with every look. */
  remote(recordId: string, pick: number): RemoteRecord & { readonly record: JsonObject } {
    const version = `"${++this.#version}"`;
    const record = { id: recordId, title: `s${this.#version}`, other: pick % 3 };
    return { record, version, lastOperationId: null };
  }

  seal(recordId: string): void {
    const key = laneKey('todo', recordId);
    const entry = this.facts.models.todo && getIn(this.facts.models.todo.records, recordId);
    const intent = coalesce(operationsIn(this.facts, key), entry);
    if (!intent) return;
    const about = { model: 'todo', recordId };
    if (intent.kind === 'nothing') {
      const { operationIds } = intent;
      this.engine([{ v: 1, type: 'cancelled', at: 1, ...about, operationIds }]);
      return;
    }
    const { kind, operationIds, key: first } = intent;
    const request = { ...sealRequest(intent, wire), kind, operationIds, key: first, ...about };
    this.engine([{ v: 1, type: 'sealed', at: 1, requests: [request] }]);
  }

  answer(lane: Lane, pick: number, answer: Answer): void {
    if (!lane.sealed) return;
    const context: AnswerContext = {
      ...{ model: 'todo', recordId: lane.recordId, request: lane.sealed, at: 1 },
      newOperationId: () => `merged-${++this.#made}`,
      delayAfter: () => 5,
      conflictsBefore: 0,
      ...mergeRule,
      onReject: pick % 2 ? 'keep' : 'rollback',
      nulls: 'delete',
    };
    this.engine(answerRows(this.facts, context, answer));
  }

  pull({ items = [], deleted = [] }: Partial<PagePart>): void {
    const context: PartContext = {
      ...{ model: 'todo', at: 1, facts: this.facts, since: null, cursor: 'c', complete: true },
      ...{
        begins: false,
        rewinds: false,
        byId: false,
        settles: false,
        unlisted: false,
        isOpen: false,
      },
      ...{ filter: {}, epoch: null, kept: new Set(), ...mergeRule },
      newOperationId: (recordId) => `pulled-${recordId}-${++this.#made}`,
      isWanted: () => true,
      isGoneSince: () => false,
      waitsForCreates: () => false,
    };
    const build = partRows(context, { items, deleted }, () => {});
    this.engine(build(this.facts, new Set()));
  }

  /** Rows go to disk as text and come back. */
  #write(rows: readonly Row[]): void {
    const first = this.journal.length + 1;
    const entries = rows.map((row, i) => decodeEntry(first + i, encodeRow(row)));
    for (const { row } of entries) expect(row).not.toBeNull();
    this.journal.push(...entries);
    this.state = slice.reducer(this.state, slice.actions.sequenced(entries, 'tab'));
  }
}

const step = fc.record({
  recordId: fc.constantFrom('a', 'b'),
  pick: fc.nat(999),
  kind: fc.constantFrom(
    ...(['create', 'update', 'upsert', 'delete', 'wait'] as const),
    ...(['save', 'save', 'seal', 'seal', 'answer', 'answer'] as const),
    ...(['reject', 'retry', 'conflict', 'pull', 'tombstone'] as const),
    ...(['cancel', 'discard', 'retried', 'edited', 'resolve'] as const),
    ...(['purge', 'clearedElsewhere', 'refuseLast'] as const),
  ),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function take(walk: Walk, { kind, recordId, pick }: Step): unknown {
  const key = laneKey('todo', recordId);
  const { shown } = walk.state;
  const lane = getIn(walk.facts.lanes, key);
  const seen = getIn(shown.lanes, key);
  const about = { v: 1, at: 1, model: 'todo', recordId } as const;
  const dead = seen?.parked?.reason === 'rejected' ? seen.parked.operationIds : null;
  switch (kind) {
    case 'create':
      if (shown.models.todo && getIn(shown.models.todo.records, recordId)?.shown) return undefined;
      return walk.record(recordId, { kind, changes: { id: recordId, title: `c${pick}` } });
    case 'upsert':
      return walk.record(recordId, { kind, changes: { id: recordId, title: `c${pick}` } });
    case 'update':
      return walk.record(recordId, { changes: { [pick % 2 ? 'title' : 'note']: `u${pick}` } });
    case 'delete':
      return walk.record(recordId, { kind });
    case 'wait': {
      const whole = pick % 2 === 0;
      const changes: JsonObject = { ...(whole && { id: recordId }), title: `w${pick}` };
      const what = { kind: whole ? 'create' : 'update', changes } as const;
      return walk.record(recordId, { ...what, strategy: 'waitForRemote' });
    }
    case 'save':
      return walk.save(1 + (pick % 3));
    case 'seal':
      return lane?.state === 'pending' ? walk.seal(recordId) : undefined;
    case 'answer': {
      const told = lane?.sealed?.kind === 'delete' ? gone : walk.remote(recordId, pick);
      const remote = pick % 3 === 0 ? null : told;
      return lane && walk.answer(lane, pick, { kind: 'committed', remote, version: null });
    }
    case 'reject':
      return lane && walk.answer(lane, pick, { kind: 'rejected', failure });
    case 'retry':
      return lane && walk.answer(lane, pick, { kind: 'retryLater', failure });
    case 'conflict': {
      const remote = pick % 3 === 0 ? gone : walk.remote(recordId, pick);
      return lane && walk.answer(lane, pick, { kind: 'conflict', remote });
    }
    case 'pull':
      return walk.pull({ items: [{ id: recordId, ...walk.remote(recordId, pick) }] });
    case 'tombstone':
      return walk.pull({ deleted: [{ id: recordId }] });
    case 'cancel': {
      const all = operationsIn(shown, key);
      const chosen = all[pick % all.length];
      return chosen && walk.act({ ...about, type: 'cancelled', operationIds: [chosen.id] });
    }
    case 'discard':
      return dead ? walk.act({ ...about, type: 'discarded', operationIds: dead }) : undefined;
    case 'retried':
    case 'edited': {
      const refused = operationsIn(shown, key).filter(({ id }) => dead?.includes(id));
      const [first] = refused;
      if (!dead || !first) return undefined;
      const supersedes = replacedBy(refused);
      const operation = { ...first, id: walk.operation(recordId, {}).id, supersedes };
      const again = { ...about, operationIds: dead, operation };
      if (kind === 'retried') return walk.act({ ...again, type: kind });
      const behind = pick % 2 ? null : walk.operation(recordId, { changes: { title: 'behind' } });
      return walk.act({ ...again, type: kind, behind });
    }
    case 'resolve': {
      if (seen?.parked?.reason !== 'conflict' || !seen.parked.conflict) return undefined;
      const all = operationsIn(shown, key);
      const replaced = all.map(({ id }) => id);
      const ours = { changes: { title: 'resolved' }, supersedes: replacedBy(all) };
      const operation = pick % 2 ? null : walk.operation(recordId, ours);
      const { remote: base, remoteVersion: version } = seen.parked.conflict;
      const end = { replaced, operation, base, version, overwritten: [] };
      return walk.act({ ...about, type: 'resolved', by: 'person', ...end });
    }
    case 'purge': {
      const generation = shown.generation + 1;
      return pick % 4 ? undefined : walk.act({ v: 1, type: 'purged', at: 1, generation });
    }
    case 'clearedElsewhere':
      return pick % 4 ? undefined : walk.clearedElsewhere();
    case 'refuseLast':
      return pick % 4 ? undefined : walk.refuseLast();
  }
}

function replacedBy(operations: readonly Operation[]): string[] {
  return operations.flatMap(({ id, supersedes }) => [id, ...(supersedes ?? [])]);
}

/** Any walk of at most 60 steps; `check` after each step or, with `atEnd`, after the last. */
function holds(check: (walk: Walk) => void, { atEnd = false, numRuns = 400 } = {}): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'large' }), (steps) => {
      const walk = new Walk();
      for (const next of steps) {
        take(walk, next);
        if (!atEnd) check(walk);
      }
      check(walk);
    }),
    { numRuns },
  );
}

/** While acts are in the tail, places in the journal and in the order of endings are provisional. */
function lasting(facts: Facts): unknown {
  const outcomes = keysOf(facts.settlements).map((id) => [
    id,
    getIn(facts.settlements, id)?.outcome,
  ]);
  const provisional = { head: 0, folded: 0, lastSeen: {}, settlements: noPages<never>() };
  const text = JSON.stringify(canonical({ ...facts, ...provisional, settled: noPages() }));
  return [outcomes, text.replace(/"confirmed":\d+/g, '"confirmed":0')];
}

/** As a start reads it: what is shown is not on disk. */
function reloaded(facts: Facts): Facts {
  const stored = treesOf(facts).map(([name, pages]): [string, Pages<unknown>] => {
    const model = name.startsWith('records/') && facts.models[name.slice('records/'.length)];
    return [name, model ? withoutShown(model.records) : pages];
  });
  const steps = restoreFacts(rootOf(facts, {}), new Map(stored), Object.keys(facts.models));
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

function withoutShown(records: Facts['models'][string]['records']) {
  const draft = new PagesDraft<{ readonly shown: JsonObject | null }>(noPages());
  const keys = keysOf(records);
  valuesOf(records).forEach((entry, i) => {
    draft.set(keys[i] ?? '', { ...entry, shown: entry.base });
  });
  return draft.finish();
}

describe('whatever people, the engine and the server do (property)', () => {
  test('I9: what is shown is what is durable with the tail folded over it, clears included', () => {
    holds(({ state, facts, tail }) => {
      expect(lasting(state.shown)).toEqual(lasting(foldTail(facts, tail)));
    });
  });

  test('I30: folding the journal anew gives the same facts', () => {
    const check = ({ facts, journal }: Walk) =>
      expect(canonical(facts)).toEqual(canonical(foldEntries(emptyFacts(['todo']), journal).facts));
    holds(check, { atEnd: true });
  });

  test('a reload shows what was shown', () => {
    const check = ({ facts }: Walk) => expect(canonical(reloaded(facts))).toEqual(canonical(facts));
    holds(check, { atEnd: true });
  });

  test('the outbox is its lanes, and a sealed request is of operations that are there', () => {
    holds(({ facts }) => {
      const lanes = valuesOf(facts.lanes);
      expect(lanes.reduce((sum, { count }) => sum + count, 0)).toBe(facts.outbox.size);
      for (const { model, recordId, count, sealed } of lanes) {
        const here = operationsIn(facts, laneKey(model, recordId)).map(({ id }) => id);
        expect(here).toHaveLength(count);
        expect(here).toEqual(expect.arrayContaining([...(sealed?.operationIds ?? [])]));
      }
    });
  });

  test('I1: every operation that became durable waits, is superseded by one that does, or ended', () => {
    const check = ({ facts, journal }: Walk) => {
      for (const { row } of journal) {
        if (row?.type !== 'recorded') continue;
        const { id } = row.operation;
        const known = getIn(facts.places, id) ?? getIn(facts.settlements, id)?.outcome;
        expect(known).toBeDefined();
      }
    };
    holds(check, { atEnd: true });
  });
});
