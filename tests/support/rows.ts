import type { Failure } from '../../machines/failure.ts';
import type { Facts } from '../../store/facts.ts';
import { emptyFacts } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import type { JsonObject } from '../../store/json.ts';
import { type Pages, scan } from '../../store/pages.ts';
import type {
  JournalEntry,
  Operation,
  RecordedRow,
  Row,
  SealedRequest,
} from '../../store/rows/row.ts';

export const models = ['todo', 'note'] as const;
export const failure: Failure = { code: 'server', status: 500, message: 'busy', at: 5 };

let count = 0;

export function operation(
  kind: Operation['kind'],
  recordId: string,
  changes: JsonObject = {},
  more: Partial<Operation> = {},
): Operation {
  count++;
  return {
    ...{ id: `op-${count}`, model: 'todo', recordId, kind, changes, at: count },
    ...{ visible: true, strategy: 'optimistic' },
    ...more,
  };
}

type Without<R> = R extends Row
  ? Omit<R, 'actionId' | 'v' | 'at'> & { readonly at?: number }
  : never;

/** A row without the parts that every row has. */
export type PlainRow = Without<Row>;

export function row(plain: PlainRow, writer = 'tab', n?: number): Row {
  count++;
  return { v: 1, at: 1_000 + count, ...plain, actionId: { writer, n: n ?? count } } as Row;
}

export function recorded(made: Operation, generation = 0): RecordedRow {
  return row({ type: 'recorded', generation, operation: made }) as RecordedRow;
}

function request(operations: readonly Operation[]): SealedRequest {
  const first = operations[0] as Operation;
  return {
    key: first.id,
    operationIds: operations.map((item) => item.id),
    kind: first.kind === 'upsert' ? 'create' : first.kind,
    method: 'POST',
    path: 'todos',
    query: '',
    contentType: 'application/json',
    body: '{}',
    ifMatch: null,
  };
}

export function sealed(operations: readonly Operation[]): Row {
  const { model, recordId } = operations[0] as Operation;
  return row({ type: 'sealed', requests: [{ ...request(operations), model, recordId }] });
}

export function answered(
  operations: readonly Operation[],
  base: JsonObject | null,
  version: string | null = '"1"',
  alias?: string,
): Row {
  const { model, recordId } = operations[0] as Operation;
  const operationIds = operations.map((item) => item.id);
  return row({
    ...{ type: 'answered', model, recordId, operationIds, base, version },
    ...(alias !== undefined && { alias }),
  });
}

/** A journal of its own: rows get the next sequences. */
export class TestJournal {
  facts: Facts = emptyFacts(models);
  readonly entries: JournalEntry[] = [];
  illegal: readonly { readonly reason: string }[] = [];

  add(...rows: readonly Row[]): this {
    const entries = rows.map((item, i) => ({ sequence: this.entries.length + i + 1, row: item }));
    this.entries.push(...entries);
    const folded = foldEntries(this.facts, entries);
    this.facts = folded.facts;
    this.illegal = folded.illegal;
    return this;
  }
}

function plain(pages: Pages<unknown>): [string, unknown][] {
  const entries: [string, unknown][] = [];
  scan(pages, '', (value, key) => {
    entries.push([key, value]);
    return true;
  });
  return entries;
}

/** Facts as plain lists: equal facts give equal values, whatever the shape of their pages. */
export function canonical(facts: Facts): unknown {
  const { models: perModel, ...rest } = facts;
  const small: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    const paged = typeof value === 'object' && value !== null && 'root' in value;
    small[name] = paged ? plain(value as Pages<unknown>) : value;
  }
  const records = Object.entries(perModel).map(([name, model]) => [
    name,
    {
      ...{ ...model, records: plain(model.records) },
      ...{ aliases: plain(model.aliases), former: plain(model.former) },
    },
  ]);
  return { ...small, models: records };
}
