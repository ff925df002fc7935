import * as fc from 'fast-check';
import { expect } from 'vitest';
import { emptyFacts, type Facts, laneKey } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { getIn, valuesOf } from '../../store/pages.ts';
import type { JournalEntry, Operation, Row } from '../../store/rows/row.ts';
import { operationsOf } from '../../store/selectors/conflicts.ts';
import {
  decodeLine,
  encodeLine,
  framed,
  operationsToldBy,
  type ShelfLine,
  unframed,
} from '../../store/shelf/line.ts';
import { linesOf, outboxLines } from '../../store/shelf/linesOf.ts';
import { recoverShelf } from '../../store/shelf/recover.ts';
import { createSyncSlice, type SyncState } from '../../store/slice.ts';
import {
  answered,
  failure,
  models,
  operation,
  type PlainRow,
  recorded,
  row,
  sealed,
} from './rows.ts';

export const ids = ['a', 'b', 'c'] as const;
const start = createSyncSlice('sync', models).reducer(undefined, { type: '@@init' });

function stateOf(facts: Facts): SyncState {
  return { ...start, sequenced: facts, shown: facts };
}

/** Tabs with a file each, over one journal. */
export class Shelves {
  facts: Facts = emptyFacts(models);
  readonly files = new Map<string, ShelfLine[]>();
  /** Ids of all operations that were ever recorded, in their order. */
  readonly made: string[] = [];
  #count = 0;

  write(file: string, ...rows: readonly Row[]): void {
    for (const item of rows) if (item.type === 'recorded') this.made.push(item.operation.id);
    const entries: JournalEntry[] = rows.map((item, i) => ({
      sequence: this.facts.head + 1 + i,
      row: { ...item, actionId: { writer: file, n: ++this.#count } } as Row,
    }));
    const lines = this.files.get(file) ?? [];
    const told = new Set(lines.flatMap(operationsToldBy));
    lines.push(
      ...linesOf(
        this.facts,
        entries,
        () => true,
        (id) => told.has(id),
      ),
    );
    this.files.set(file, lines);
    this.facts = foldEntries(this.facts, entries).facts;
  }

  /** A file that begins anew; with it the others' may go, or not. */
  restate(file: string, isAlone: boolean): void {
    if (isAlone) this.files.clear();
    this.files.set(file, [...outboxLines(this.facts)]);
  }

  operations(id: string): Operation[] {
    return operationsOf(stateOf(this.facts), 'todo', id);
  }

  /** What a start reads. */
  read(): ShelfLine[][] {
    const texts = [...this.files.values()].map((lines) =>
      lines.map((line) => framed(encodeLine(line))).join(''),
    );
    return texts.map((text) => unframed(text).lines.map((line) => decodeLine(line) as ShelfLine));
  }

  /** The facts of a new database that was given what the files tell. */
  recovered(): Facts {
    const rows = recoverShelf(this.read()).lanes.map((lane) =>
      row({ type: 'recovered', from: 'lost', ...lane } as PlainRow),
    );
    const entries = rows.map((item, i) => ({ sequence: i + 1, row: item }));
    const folded = foldEntries(emptyFacts(models), entries);
    expect(folded.illegal).toEqual([]);
    return folded.facts;
  }
}

/** What a lane comes to, without what only the old database knew. */
export function outboxOf(facts: Facts) {
  return valuesOf(facts.lanes).map(({ model, recordId, sealed, parked, state, count, hidden }) => ({
    ...{ model, recordId, sealed, count, hidden },
    // Waiting times are counted anew.
    state: state === 'backoff' ? 'syncing' : state,
    // Theirs is pulled anew, with what is said of it.
    parked: parked && {
      ...{ ...parked, at: 0, conflict: parked.conflict && 'there' },
      failure: parked.reason === 'conflict' ? null : parked.failure,
    },
    operations: operationsOf(stateOf(facts), model, recordId),
  }));
}

/** Operations that wait for one that has failed, each with that one's id. */
export function waitsInVain(facts: Facts): string[] {
  const waiting = valuesOf(facts.lanes).flatMap(({ model, recordId }) =>
    operationsOf(stateOf(facts), model, recordId),
  );
  return waiting.flatMap((item) =>
    (item.dependsOn ?? []).flatMap((on) => {
      const ending = getIn(facts.settlements, on);
      const isThere = getIn(facts.places, on) !== undefined;
      const hasFailed = ending && !['committed', 'merged'].includes(ending.outcome);
      return hasFailed && !ending.succeeded && !isThere ? `${item.id} for ${on}` : [];
    }),
  );
}

const id = fc.constantFrom(...ids);
const file = fc.constantFrom('one', 'two');
/** What may happen to three records, in two tabs. */
export const step = fc.oneof(
  fc.record({ do: fc.constant('write' as const), id, file, n: fc.nat(9) }),
  fc.record({ do: fc.constant('upsert' as const), id, file, n: fc.nat(9) }),
  fc.record({ do: fc.constant('many' as const), id, file, n: fc.nat(9) }),
  fc.record({ do: fc.constant('depend' as const), id, file, on: fc.nat(9) }),
  fc.record({ do: fc.constant('remove' as const), id, file }),
  fc.record({ do: fc.constant('seal' as const), id }),
  fc.record({ do: fc.constantFrom('answer' as const, 'retry' as const), id }),
  fc.record({ do: fc.constantFrom('reject' as const, 'conflict' as const), id }),
  fc.record({ do: fc.constantFrom('edit' as const, 'discard' as const), id, file }),
  fc.record({ do: fc.constantFrom('cancel' as const, 'resolve' as const), id, file }),
  fc.record({ do: fc.constant('pull' as const), id, n: fc.nat(9) }),
  fc.record({ do: fc.constant('restate' as const), isAlone: fc.boolean() }),
  fc.record({ do: fc.constant('clear' as const), file }),
);
export type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Does it where it can be done. */
export function take(shelves: Shelves, step: Step): void {
  const { facts } = shelves;
  const lane = 'id' in step ? getIn(facts.lanes, laneKey('todo', step.id)) : undefined;
  const operations = 'id' in step ? shelves.operations(step.id) : [];
  const first = operations[0];
  switch (step.do) {
    case 'write': {
      const kind = getIn(facts.models.todo?.records ?? (facts.lanes as never), step.id)
        ? 'update'
        : 'create';
      shelves.write(step.file, recorded(operation(kind, step.id, { n: step.n }), facts.generation));
      return;
    }
    case 'upsert':
      shelves.write(
        step.file,
        recorded(operation('upsert', step.id, { up: step.n }), facts.generation),
      );
      return;
    case 'many':
      shelves.write(
        step.file,
        recorded(operation('upsert', step.id, { n: step.n }), facts.generation),
        recorded(operation('upsert', step.id, { up: step.n }), facts.generation),
      );
      return;
    case 'depend': {
      const on = shelves.made.at(-1 - (step.on % (shelves.made.length || 1)));
      const dependsOn = on === undefined ? {} : { dependsOn: [on] };
      const made = operation('update', step.id, { d: step.on }, dependsOn);
      shelves.write(step.file, recorded(made, facts.generation));
      return;
    }
    case 'remove':
      shelves.write(step.file, recorded(operation('delete', step.id), facts.generation));
      return;
    case 'seal':
      if (lane?.state === 'pending') shelves.write('one', sealed(operations.slice(0, 2)));
      return;
    case 'answer': {
      const sent = operations.filter((item) => lane?.sealed?.operationIds.includes(item.id));
      if (lane?.sealed) shelves.write('one', answered(sent, { id: step.id, n: 1, up: 1 }));
      return;
    }
    case 'retry':
      if (lane?.state !== 'syncing') return;
      shelves.write(
        'one',
        row({
          ...{ type: 'retryScheduled', model: 'todo', recordId: step.id, attempts: 1, failure },
          retryAt: 9,
        }),
      );
      return;
    case 'reject':
    case 'conflict': {
      if (lane?.state === 'pending') shelves.write('one', sealed(operations.slice(0, 2)));
      const now = getIn(shelves.facts.lanes, laneKey('todo', step.id));
      if (!now?.sealed) return;
      const { operationIds } = now.sealed;
      const reason = step.do === 'reject' ? 'rejected' : 'conflict';
      const conflict = { remote: { id: step.id }, remoteVersion: '"7"' };
      shelves.write(
        'one',
        row({
          ...{ type: 'parked', model: 'todo', recordId: step.id, reason, operationIds, failure },
          ...{ rollback: false, ...(reason === 'conflict' && { conflict }) },
        } as PlainRow),
      );
      return;
    }
    case 'edit':
      if (!first || lane?.parked?.reason !== 'rejected') return;
      shelves.write(
        step.file,
        row({
          ...{ type: 'edited', model: 'todo', recordId: step.id },
          operationIds: lane.parked.operationIds,
          operation: operation('update', step.id, { n: 5 }, { supersedes: [first.id] }),
          behind: operations.length > 1 ? operation('update', step.id, { n: 5 }) : null,
        }),
      );
      return;
    case 'discard':
      if (lane?.parked?.reason !== 'rejected') return;
      shelves.write(
        step.file,
        row({
          ...{ type: 'discarded', model: 'todo', recordId: step.id },
          operationIds: lane.parked.operationIds,
        }),
      );
      return;
    case 'cancel': {
      const last = operations.at(-1);
      const bound = [...(lane?.sealed?.operationIds ?? []), ...(lane?.parked?.operationIds ?? [])];
      if (!last || bound.includes(last.id)) return;
      shelves.write(
        step.file,
        row({ type: 'cancelled', model: 'todo', recordId: step.id, operationIds: [last.id] }),
      );
      return;
    }
    case 'resolve': {
      if (lane?.state !== 'conflicted' || !lane.parked || !first) return;
      const replaced = lane.parked.operationIds;
      shelves.write(
        step.file,
        row({
          ...{ type: 'resolved', by: 'person', model: 'todo', recordId: step.id, replaced },
          operation: operation('update', step.id, { n: 7 }, { supersedes: [...replaced] }),
          ...{ base: { id: step.id, n: 6 }, version: '"7"', overwritten: [] },
        }),
      );
      return;
    }
    case 'pull':
      shelves.write(
        'one',
        row({
          ...{ type: 'pulled', model: 'todo', deleted: [], since: null, cursor: null },
          items: [{ id: step.id, record: { id: step.id, n: step.n }, version: `"${step.n}"` }],
          complete: false,
        }),
      );
      return;
    case 'restate':
      shelves.restate('one', step.isAlone);
      return;
    case 'clear':
      shelves.write(step.file, row({ type: 'purged', generation: facts.generation + 1 }));
  }
}
