/** A request as it arrives, and an answer as it leaves. */
export interface WireRequest {
  readonly method: string;
  /** Below the base URL, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Row = Record<string, unknown>;

interface Stored {
  readonly record: Row | null;
  readonly version: number;
  readonly change: number;
  readonly lastOperationId: string | null;
}

/** One effect, in the order they happened; never changed, never removed. */
export interface Effect {
  readonly n: number;
  readonly key: string | null;
  readonly method: string;
  readonly collection: string;
  readonly recordId: string;
  readonly body: string;
  readonly version: number;
}

/** One entry of the feed as it was made; the feed itself forgets what was overwritten. */
export interface Change {
  readonly change: number;
  readonly collection: string;
  readonly id: string;
  /** Null: deleted. */
  readonly record: Readonly<Record<string, unknown>> | null;
  readonly version: number;
}

const problem = (status: number, type: string, more: object = {}): WireAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type, title: type, status, ...more }),
});

/**
 * A server with the semantics of the protocol, in memory: idempotency keys looked up before
 * versions, ETags, merge patch, changes since a cursor with tombstones, validation, and an
 * append-only ledger of effects. Faults are not its business: they sit in the net.
 */
export class SimServer {
  readonly ledger: Effect[] = [];
  /** Every change in order; never changed, never removed. */
  readonly changes: Change[] = [];
  readonly #collections = new Map<string, Map<string, Stored>>();
  readonly #answers = new Map<
    string,
    { readonly fingerprint: string; readonly answer: WireAnswer }
  >();
  readonly #serverIds: ReadonlySet<string>;
  readonly #page: number;
  #changes = 0;
  #ids = 0;
  #epoch = 1;
  #feed = 1;

  constructor(options: { readonly serverIds?: readonly string[]; readonly page?: number } = {}) {
    this.#serverIds = new Set(options.serverIds ?? []);
    this.#page = options.page ?? Number.POSITIVE_INFINITY;
  }

  /** Cursors given before are worth nothing; the records are the same. */
  expireCursors(): void {
    this.#feed++;
  }

  /** A record that was there before anybody came. */
  seed(collection: string, record: Row & { readonly id: string }): void {
    const request = { method: 'PUT', path: collection, headers: {}, body: JSON.stringify(record) };
    this.#store(request, collection, record.id, record, null, 201);
  }

  /** Live records of a collection by server id. */
  rows(collection: string): Map<string, { record: Row; version: string }> {
    const live = new Map<string, { record: Row; version: string }>();
    for (const [id, { record, version }] of this.#collection(collection)) {
      if (record) live.set(id, { record, version: `"${version}"` });
    }
    return live;
  }

  handle(request: WireRequest): WireAnswer {
    const [path = '', query = ''] = request.path.split('?');
    const [collection = '', encoded] = path.split('/');
    const id = encoded === undefined ? undefined : decodeURIComponent(encoded);
    if (request.method === 'GET') {
      return id === undefined ? this.#pull(collection, query) : this.#read(collection, id);
    }
    const key = request.headers['idempotency-key']?.replaceAll('"', '');
    const fingerprint = [request.method, path, request.body, request.headers['if-match']].join(
      '\n',
    );
    const known = key === undefined ? undefined : this.#answers.get(key);
    if (known) {
      return known.fingerprint === fingerprint
        ? known.answer
        : problem(422, 'idempotency-key-reused');
    }
    const answer = this.#write(request, collection, id, key ?? null);
    // What may come out otherwise next time is not remembered.
    if (key !== undefined && answer.status < 500 && answer.status !== 412) {
      this.#answers.set(key, { fingerprint, answer });
    }
    return answer;
  }

  #collection(name: string): Map<string, Stored> {
    const known = this.#collections.get(name) ?? new Map<string, Stored>();
    this.#collections.set(name, known);
    return known;
  }

  #write(
    request: WireRequest,
    collection: string,
    id: string | undefined,
    key: string | null,
  ): WireAnswer {
    const rows = this.#collection(collection);
    const body = request.body === '' ? {} : (JSON.parse(request.body) as Row);
    if (request.method === 'POST') {
      const made = this.#serverIds.has(collection) ? `srv-${++this.#ids}` : String(body.id);
      const before = rows.get(made);
      if (before?.record) return problem(409, 'already-exists', this.#current(before));
      const record = { ...body, id: made };
      return this.#refuses(record) ?? this.#store(request, collection, made, record, key, 201);
    }
    const before = id === undefined ? undefined : rows.get(id);
    if (id === undefined || !before) return problem(404, 'not-found');
    if (!before.record) return problem(410, 'gone');
    const match = request.headers['if-match'];
    if (match !== undefined && match !== `"${before.version}"`) {
      return problem(412, 'precondition-failed', this.#current(before));
    }
    if (request.method === 'DELETE') return this.#store(request, collection, id, null, key, 204);
    const record = request.method === 'PUT' ? { ...body, id } : patched(before.record, body);
    return this.#refuses(record) ?? this.#store(request, collection, id, record, key, 200);
  }

  #refuses(record: Row): WireAnswer | undefined {
    return record.title === '' ? problem(422, 'invalid', { detail: 'title is empty' }) : undefined;
  }

  #store(
    request: WireRequest,
    collection: string,
    id: string,
    record: Row | null,
    key: string | null,
    status: number,
  ): WireAnswer {
    const rows = this.#collection(collection);
    const version = (rows.get(id)?.version ?? 0) + 1;
    const change = ++this.#changes;
    rows.set(id, { record, version, change, lastOperationId: key });
    this.changes.push({ change, collection, id, record, version });
    const { method, body } = request;
    const n = this.ledger.length + 1;
    this.ledger.push({ n, key, method, collection, recordId: id, body, version });
    if (status === 204) return { status, headers: {}, body: '' };
    return { status, ...this.#recordAnswer(rows.get(id) as Stored) };
  }

  #recordAnswer({ record, version, lastOperationId }: Stored) {
    return {
      headers: {
        'content-type': 'application/json',
        etag: `"${version}"`,
        ...(lastOperationId !== null && { 'last-operation-id': lastOperationId }),
      },
      body: JSON.stringify(record),
    };
  }

  #current({ record, version, lastOperationId }: Stored): object {
    return { record, version, lastOperationId };
  }

  #read(collection: string, id: string): WireAnswer {
    const stored = this.#collection(collection).get(id);
    if (!stored) return problem(404, 'not-found');
    if (!stored.record) return problem(410, 'gone');
    return { status: 200, ...this.#recordAnswer(stored) };
  }

  #pull(collection: string, query: string): WireAnswer {
    const parameters = new URLSearchParams(query);
    const since = parameters.get('since');
    const limit = Math.min(this.#page, Number(parameters.get('limit') ?? 500));
    const [epoch, after] = (since ?? `${this.#feed}.0`).split('.').map(Number);
    if (epoch !== this.#feed) return problem(410, 'cursor-expired');
    const changed = [...this.#collection(collection)]
      .filter(([, stored]) => stored.change > (after ?? 0) && (since !== null || stored.record))
      .sort(([, a], [, b]) => a.change - b.change);
    const page = changed.slice(0, limit);
    const last = page[page.length - 1]?.[1].change ?? Math.max(after ?? 0, this.#head(collection));
    const live = page.filter(([, stored]) => stored.record);
    const gone = page.filter(([, stored]) => !stored.record);
    const answer = {
      items: live.map(([, stored]) => stored.record),
      versions: Object.fromEntries(
        live.map(([id, { version, lastOperationId }]) => [id, { version, lastOperationId }]),
      ),
      deleted: gone.map(([id, { version }]) => ({ id, version })),
      cursor: `${this.#feed}.${last}`,
      hasMore: changed.length > page.length,
      epoch: String(this.#epoch),
    };
    const headers = { 'content-type': 'application/json' };
    return { status: 200, headers, body: JSON.stringify(answer) };
  }

  #head(collection: string): number {
    let head = 0;
    for (const { change } of this.#collection(collection).values()) head = Math.max(head, change);
    return head;
  }
}

/** RFC 7396, written anew here: a mistake of the kit's own must not agree with itself. */
function patched(record: Row, patch: Row): Row {
  const next: Row = { ...record };
  for (const [key, value] of Object.entries(patch)) {
    const before = next[key];
    if (value === null) delete next[key];
    else if (isRow(value)) next[key] = patched(isRow(before) ? before : {}, value);
    else next[key] = value;
  }
  return next;
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
