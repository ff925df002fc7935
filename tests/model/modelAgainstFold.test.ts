import { expect, test } from 'vitest';
import { type Facts, laneKey } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { operationsIn } from '../../store/operationsIn.ts';
import { getIn } from '../../store/pages.ts';
import type { Operation, Row } from '../../store/rows/row.ts';
import {
  answered,
  failure,
  operation,
  type PlainRow,
  recorded,
  row,
  sealed,
  TestJournal,
} from '../support/rows.ts';
import { explore } from './explore.ts';
import { fold, isRefused, type Row as ModelRow } from './fold.ts';
import { shippedLaw } from './law.ts';
import { canonical, cleanRecord, type RecordModel } from './recordModel.ts';
import { shipped } from './shipped.ts';
import { Space } from './space.ts';

const about = { model: 'todo', recordId: 'a' } as const;
const key = laneKey(about.model, about.recordId);
const options = { law: shippedLaw, onMove: () => {}, actor: 'kit' } as const;

/** Every row that the model folds, by what is durable where it is folded. */
function rowsOfTheModel(): Map<string, Map<string, ModelRow>> {
  const space = new Space(shipped, {
    records: 1,
    operations: 3,
    acts: 1,
    clears: true,
    closes: false,
  });
  explore(space, { onState: () => false, onStep: () => false });
  const found = new Map<string, Map<string, ModelRow>>();
  for (let record = 0; record < space.records.size; record++) {
    const durable = JSON.stringify(durableOf(space.records.get(record)));
    const rows = found.get(durable) ?? new Map<string, ModelRow>();
    found.set(durable, rows.set('purged', { type: 'purged' }));
    for (let view = 0; view < space.views.size; view++) {
      for (const { move } of space.knownEdges(record, view))
        if (move.row) rows.set(JSON.stringify(move.row), move.row);
    }
  }
  return found;
}

function durableOf(record: RecordModel): RecordModel {
  return canonical({ ...record, tail: [], requests: [], owed: 0 });
}

/** The model's row as a row of the journal, about the operations that are really there. */
function realRow(facts: Facts, given: ModelRow): Row {
  const here = operationsIn(facts, key);
  const operations = (ids: readonly number[]) => ids.flatMap((id) => here[id] ?? []);
  const operationIds = 'ids' in given ? given.ids.map((id) => here[id]?.id ?? `gone-${id}`) : [];
  const made = (): Operation => {
    const dead = operations('ids' in given ? given.ids : []);
    const supersedes = dead.flatMap((item) => [item.id, ...(item.supersedes ?? [])]);
    return operation('update', about.recordId, { title: 'again' }, { supersedes });
  };
  const plain = (rest: object) => row({ ...about, ...rest } as PlainRow);
  const base = { id: about.recordId, title: 'theirs' };
  switch (given.type) {
    case 'recorded':
      return recorded(operation('update', about.recordId, { title: 'ours' }), facts.generation);
    case 'sealed':
      return sealed(operations(given.ids));
    case 'committed':
      return answered(operations(given.ids), base);
    case 'retryScheduled':
      return plain({ type: given.type, attempts: 1, retryAt: 1, failure });
    case 'parked': {
      const conflict = { remote: base, remoteVersion: '"2"' };
      const parked = { type: given.type, reason: given.reason, operationIds, failure };
      return plain({ ...parked, rollback: false, conflict });
    }
    case 'resolved': {
      const resolved = { type: given.type, by: given.by ?? 'person', replaced: operationIds, base };
      const next = given.operation && made();
      return plain({ ...resolved, operation: next, version: '"2"', overwritten: [] });
    }
    case 'cancelled':
    case 'discarded':
      return plain({ type: given.type, operationIds });
    case 'retried':
      return plain({ type: given.type, operationIds, operation: made() });
    case 'edited': {
      const behind = given.behind && operation('update', about.recordId, { title: 'behind' });
      return plain({ type: given.type, operationIds, operation: made(), behind });
    }
    case 'purged':
      return row({ type: given.type, generation: facts.generation + 1 });
  }
}

/** The store's facts about the record, in the model's words: operations by their place `before`. */
function wordsOf(facts: Facts, before: readonly Operation[]) {
  const lane = getIn(facts.lanes, key);
  const ids = operationsIn(facts, key).map((item) => item.id);
  const places = (some: readonly string[] = []) => some.map((id) => ids.indexOf(id));
  return {
    state: lane?.state ?? 'synced',
    operations: ids.map((id) => before.findIndex((item) => item.id === id)),
    sealed: places(lane?.sealed?.operationIds),
    parked: lane?.parked
      ? { reason: lane.parked.reason, ids: places(lane.parked.operationIds) }
      : null,
  };
}

test('N3 I1: the model’s rows make of a record what the store’s fold makes of it', () => {
  const rows = rowsOfTheModel();
  const first = new TestJournal();
  const create = operation('create', about.recordId, { id: about.recordId, title: 'first' });
  first.add(recorded(create), sealed([create]), answered([create], create.changes));
  const open = new Map([[JSON.stringify(durableOf(cleanRecord)), first.facts]]);
  let folded = 0;
  for (const [durable, facts] of open) {
    const record = JSON.parse(durable) as RecordModel;
    for (const given of rows.get(durable)?.values() ?? []) {
      folded++;
      const entry = { sequence: facts.head + 1, row: realRow(facts, given) };
      const journal = foldEntries(facts, [entry]);
      const inModel = fold(record, given, options);
      const what = `${durable} ${JSON.stringify(given)}`;
      const after = isRefused(inModel) ? record : durableOf(inModel);
      expect(journal.illegal.length > 0, what).toBe(isRefused(inModel));
      const { state, sealed: ids, parked } = after;
      const before = operationsIn(facts, key);
      const { outbox } = isRefused(inModel) ? record : inModel;
      const operations = outbox.map(({ id }) => (id < before.length ? id : -1));
      const words = { state, operations, sealed: ids, parked };
      expect(wordsOf(journal.facts, before), what).toEqual(words);
      // Who left was told how it ended, or somebody stands for it.
      const here = operationsIn(journal.facts, key);
      const left = before.filter(({ id }) => !here.some((item) => item.id === id));
      for (const { id } of left) {
        const { settlements, places } = journal.facts;
        expect(getIn(settlements, id) ?? getIn(places, id), `${what} ${id}`).toBeDefined();
      }
      const next = JSON.stringify(after);
      if (!open.has(next)) open.set(next, journal.facts);
    }
  }
  expect([...rows.keys()].filter((durable) => !open.has(durable))).toEqual([]);
  expect(folded).toBeGreaterThan(200);
});
