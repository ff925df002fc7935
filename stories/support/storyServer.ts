import type { JsonObject } from 'syncharts';
import type { ServerState } from '../../demo/app/control.ts';
import type { Answer, ServerRequest } from './answers.ts';
import { problem, recordAnswer } from './answers.ts';
import { type Fate, type Hook, through } from './troubles.ts';

interface Row {
  readonly id: string;
  /** Null: deleted. */
  readonly record: JsonObject | null;
  readonly version: number;
  readonly lastOperationId: string | null;
  /** The change that wrote it last; cursors count these. */
  readonly change: number;
}

type Effect = ServerState['ledger'][number];

/** As many rows and effects are shown. */
const shownAtMost = 100;

/**
 * A server in memory that keeps what docs/guarantees.md asks for: a key takes effect once and is
 * answered the same again, `If-Match` is heeded, and what changed since a cursor can be listed.
 */
export class StoryServer {
  readonly #rows = new Map<string, Row>();
  readonly #answered = new Map<string, Answer>();
  readonly #ledger: Effect[] = [];
  readonly #listeners = new Set<() => void>();
  #changes = 0;
  #view: Omit<ServerState, 'lines'> | null = null;
  /** Every key that came, as often as it came. */
  readonly heardKeys: string[] = [];
  /** What happens to a request before the server has seen it. */
  before: Hook = through;
  /** What happens to its answer. */
  after: Hook = through;

  /** Somebody else writes a record; null deletes it. */
  put(id: string, record: JsonObject | null): void {
    this.#store(id, record && { ...record, id }, null);
  }

  record(id: string): JsonObject | null {
    return this.#rows.get(id)?.record ?? null;
  }

  get ledger(): readonly Effect[] {
    return this.#ledger;
  }

  /** Back to a server that has no trouble. */
  recover(): void {
    this.before = through;
    this.after = through;
  }

  /** What becomes of a request, all trouble counted in. */
  async handle(request: ServerRequest): Promise<Fate> {
    if (request.key !== null) this.heardKeys.push(request.key);
    const instead = await this.before(request);
    if (instead !== 'through') return instead;
    const answer = this.#answer(request);
    const lost = await this.after(request);
    return lost === 'through' ? answer : lost;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** In the shape of the demo's server; the same object until something changes. */
  readonly view = (): Omit<ServerState, 'lines'> => {
    this.#view ??= {
      rows: {
        todos: [...this.#rows.values()]
          .slice(-shownAtMost)
          .map(({ id, record, version }) => ({ id, record, version, deleted: record === null })),
      },
      ledger: this.#ledger.slice(-shownAtMost),
      trouble: { delayMs: 0, dropAnswers: 0, failWith: null, refuse: null },
    };
    return this.#view;
  };

  #answer(request: ServerRequest): Answer {
    const { method, id, key } = request;
    if (method === 'GET') return id === null ? this.#list(request.query) : this.#read(id);
    const known = key === null ? undefined : this.#answered.get(key);
    if (known) return { ...known, headers: { ...known.headers, 'Idempotency-Replayed': 'true' } };
    const answer = this.#write(request);
    // A 412 would come out otherwise on another try.
    if (key !== null && answer.status !== 412) this.#answered.set(key, answer);
    return answer;
  }

  #write({ method, id, key, ifMatch, body }: ServerRequest): Answer {
    const target = id ?? String(body?.id);
    const row = this.#rows.get(target);
    if (method === 'POST') {
      if (row?.record) return problem(409, 'A record with this id exists.', row);
      return this.#effect(method, target, { ...body, id: target }, key);
    }
    if (!row?.record) return problem(row ? 410 : 404, 'There is no such record (any more).');
    if (ifMatch !== null && ifMatch !== `"${row.version}"`) {
      return problem(412, 'It has changed meanwhile.', row);
    }
    const next = method === 'DELETE' ? null : { ...row.record, ...body, id: target };
    return this.#effect(method, target, next, key);
  }

  #effect(method: string, id: string, record: JsonObject | null, key: string | null): Answer {
    this.#ledger.push({
      n: this.#ledger.length + 1,
      key,
      method,
      collection: 'todos',
      recordId: id,
    });
    const row = this.#store(id, record, key);
    return recordAnswer(method === 'POST' ? 201 : 200, row);
  }

  #store(id: string, record: JsonObject | null, lastOperationId: string | null): Row {
    const version = (this.#rows.get(id)?.version ?? 0) + 1;
    const row = { id, record, version, lastOperationId, change: ++this.#changes };
    // To the end: rows stand in the order of their changes.
    this.#rows.delete(id);
    this.#rows.set(id, row);
    this.#view = null;
    for (const listener of this.#listeners) listener();
    return row;
  }

  #read(id: string): Answer {
    const row = this.#rows.get(id);
    if (row?.record) return recordAnswer(200, row);
    return problem(row ? 410 : 404, 'There is no such record (any more).');
  }

  #list(query: URLSearchParams): Answer {
    const since = Number(query.get('since') ?? 0);
    const limit = Number(query.get('limit') ?? 500);
    const changed = [...this.#rows.values()].filter(
      ({ change, record }) => change > since && (record !== null || since > 0),
    );
    const page = changed.slice(0, limit);
    const hasMore = page.length < changed.length;
    const live = page.filter(({ record }) => record !== null);
    const body = {
      items: live.map(({ record }) => record),
      deleted: page.flatMap(({ id, record, version }) => (record ? [] : [{ id, version }])),
      versions: Object.fromEntries(
        live.map(({ id, version, lastOperationId }) => [id, { version, lastOperationId }]),
      ),
      cursor: String(hasMore ? page.at(-1)?.change : this.#changes),
      hasMore,
    };
    return { status: 200, headers: {}, body };
  }
}
