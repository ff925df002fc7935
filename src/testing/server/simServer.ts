import type { Change, Effect, Row, ServerPort, WireAnswer, WireRequest } from './serverPort.ts';
import {
  conflicting,
  exists,
  invalid,
  missing,
  problem,
  recordAnswer,
  type Stored,
  stale,
} from './simAnswers.ts';
import { batchAnswer, batchPath } from './simBatch.ts';
import {
  holds,
  isId,
  isRow,
  keyIn,
  limitIn,
  parsed,
  patched,
  segmentOf,
  tagsIn,
} from './simProtocol.ts';

/** A write whose head has been read. */
interface Write {
  readonly method: string;
  readonly collection: string;
  /** Undefined for a POST. */
  readonly id: string | undefined;
  readonly key: string | null;
  readonly tags: readonly string[] | undefined;
  readonly body: string;
}

export interface SimServerOptions {
  readonly collections?: readonly string[];
  /** Collections whose ids the server gives. */
  readonly serverIds?: readonly string[];
  /** Why a record is refused. */
  readonly refuses?: (record: Row) => string | undefined;
  /** Ids that the server gives, and its epochs. */
  readonly newId?: () => string;
  /** Records that it gives in one page, whatever is asked for. */
  readonly page?: number;
  /** Answers remembered by key; the oldest are forgotten. Without it: all. */
  readonly keysKept?: number;
  /** Remembers no keys and names no operations. */
  readonly keyless?: boolean;
  /** How versions are told: by `ETag`, in the records' `versionField`, or not at all. */
  readonly versioning?: 'etag' | 'field' | 'none';
  /** Refuses changes that name no version. */
  readonly demandsVersions?: boolean;
  /** Lists are bare arrays of all that is there; with `page`: pages by place. */
  readonly plainLists?: boolean;
}

/** Where a record's version stands, where it is told by a field. */
export const versionField = 'rev';

const noBody = ['GET', 'DELETE'];
const mediaTypes: Readonly<Record<string, readonly string[]>> = {
  POST: ['application/json'],
  PUT: ['application/json'],
  PATCH: ['application/merge-patch+json', 'application/json'],
};
/** Refusals that stay what they are; others (412, 5xx) may come out otherwise next time. */
const remembered = [400, 404, 409, 410, 422];
const largestBody = 1_048_576;

/** The records that the scenarios of the simulator call invalid. */
export function emptyTitle(record: Row): string | undefined {
  return record.title === '' ? 'title is empty' : undefined;
}

/**
 * A server with the semantics of the protocol, in memory: idempotency keys looked up before
 * versions, ETags, merge patch, changes since a cursor with tombstones, epochs, validation, and an
 * append-only ledger of effects. Faults are not its business: they sit in the net. That it answers
 * as the reference server does is tested (`tests/contracts/server.test.ts`).
 */
export class SimServer implements ServerPort {
  readonly ledger: Effect[] = [];
  readonly changes: Change[] = [];
  readonly #options: Required<SimServerOptions>;
  /** By collection and id; a record that changes moves to the end, so that the order is the feed's. */
  readonly #collections = new Map<string, Map<string, Stored>>();
  readonly #answers = new Map<string, { fingerprint: string; answer: WireAnswer }>();
  /** Versions of lost records: made again they go on from there, so that none means two states. */
  readonly #lost = new Map<string, number>();
  #changes = 0;
  #epoch: string;
  /** What every cursor that is still good bears. */
  #life: string;

  constructor(options: SimServerOptions = {}) {
    let ids = 0;
    this.#options = {
      ...{ collections: ['todos'], serverIds: [], refuses: emptyTitle, keysKept: Infinity },
      page: Infinity,
      ...{ keyless: false, versioning: 'etag', demandsVersions: false, plainLists: false },
      newId: () => `srv-${++ids}`,
      ...options,
    };
    for (const name of this.#options.collections) this.#collections.set(name, new Map());
    this.#epoch = this.#options.newId();
    this.#life = this.#options.newId();
  }

  /** Cursors given before are worth nothing; the records are the same. */
  expireCursors(): void {
    this.#life = this.#options.newId();
  }

  beginEpoch(): void {
    this.#epoch = this.#options.newId();
    for (const [collection, rows] of this.#collections) {
      for (const [id, { record, version }] of rows) {
        if (!record) continue;
        rows.delete(id);
        this.#lost.set(`${collection}/${id}`, version + 1);
        // No cursor is ever behind it: only a list from the start tells.
        this.changes.push({ change: Infinity, collection, id, record: null, version: version + 1 });
        return;
      }
    }
  }

  /** A record that was there before anybody came. */
  seed(collection: string, record: Row & { readonly id: string }): void {
    const write = { method: 'PUT', collection, id: record.id, key: null, tags: undefined };
    this.#store({ ...write, body: JSON.stringify(record) }, record.id, record, undefined);
  }

  changeAt(cursor: string | null): number {
    return cursor === null ? 0 : (this.#startOf(cursor)?.after ?? 0);
  }

  rows(collection: string): Map<string, { record: Row; version: string }> {
    const live = new Map<string, { record: Row; version: string }>();
    for (const [id, { record, version }] of this.#collections.get(collection) ?? []) {
      if (record) live.set(id, { record, version: `"${version}"` });
    }
    return live;
  }

  /** Everything is gone, and a new epoch begins: what a restored backup or a new database is. */
  reset(): void {
    for (const rows of this.#collections.values()) rows.clear();
    this.#answers.clear();
    this.ledger.length = 0;
    this.changes.length = 0;
    this.#changes = 0;
    this.#epoch = this.#options.newId();
    this.#life = this.#options.newId();
  }

  handle(request: WireRequest): WireAnswer {
    const { method, headers, body } = request;
    const isWrite = method !== 'GET';
    if (isWrite && body.length > largestBody) return problem(413, 'body-too-large');
    if (request.path === batchPath && method === 'POST') {
      return batchAnswer(body, (one) => this.handle(one));
    }
    const sentKey = headers['idempotency-key'];
    const key = sentKey === undefined ? null : keyIn(sentKey);
    if (key === undefined) return problem(400, 'bad-idempotency-key');
    const [path = '', query = ''] = request.path.split('?');
    const [encodedName = '', encodedId, ...rest] = path.split('/');
    const collection = segmentOf(encodedName) ?? '';
    const isKnown = this.#collections.has(collection);
    if (!isKnown || rest.length > 0 || encodedId === '') return problem(404, 'unknown-path');
    const id = encodedId === undefined ? undefined : segmentOf(encodedId);
    if (encodedId !== undefined && !isId(id)) return problem(400, 'bad-id');
    const allowed = id === undefined ? ['GET', 'POST'] : ['GET', 'PUT', 'PATCH', 'DELETE'];
    if (!allowed.includes(method)) return problem(405, 'method-not-allowed');
    if (!isWrite) {
      if (id !== undefined) return this.#told(this.#read(collection, id));
      return this.#options.plainLists
        ? this.#all(collection, query)
        : this.#pull(collection, query);
    }
    const sentTags = headers['if-match'];
    const tags = sentTags === undefined ? undefined : tagsIn(sentTags);
    if (sentTags !== undefined && !tags) return problem(400, 'bad-precondition');
    const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
    if (!noBody.includes(method) && !mediaTypes[method]?.includes(type)) {
      return problem(415, 'unsupported-content-type');
    }
    const answer = this.#once(key, `${method}\n${collection}\n${id}\n${sentTags}\n${body}`, {
      ...{ method, collection, id, key, tags, body },
    });
    return this.#told(answer);
  }

  /** Without the version in a header, where it is not told there. */
  #told(answer: WireAnswer): WireAnswer {
    if (this.#options.versioning === 'etag') return answer;
    const { etag: _, ...headers } = answer.headers;
    return { ...answer, headers };
  }

  /** The key is looked up before anything else is: above all before If-Match. */
  #once(key: string | null, fingerprint: string, write: Write): WireAnswer {
    const known = key === null ? undefined : this.#answers.get(key);
    if (known) {
      if (known.fingerprint !== fingerprint) return problem(422, 'idempotency-key-reused');
      const headers = { ...known.answer.headers, 'idempotency-replayed': 'true' };
      return { ...known.answer, headers };
    }
    const answer = this.#write(write);
    if (this.#options.keyless) return answer;
    if (key !== null && (answer.status < 300 || remembered.includes(answer.status))) {
      this.#answers.set(key, { fingerprint, answer });
      if (this.#answers.size > this.#options.keysKept) {
        for (const oldest of this.#answers.keys()) {
          this.#answers.delete(oldest);
          break;
        }
      }
    }
    return answer;
  }

  #write(write: Write): WireAnswer {
    const { method, collection, id, tags } = write;
    const before = id === undefined ? undefined : this.#collections.get(collection)?.get(id);
    if (method === 'DELETE') {
      if (!before?.record) return missing(before);
      if (tags && !holds(tags, before.version)) return stale(before);
      if (!tags && this.#options.demandsVersions) return problem(428, 'precondition-required');
      return this.#store(write, id as string, null, before);
    }
    const read = parsed(write.body);
    if ('refused' in read) return problem(400, 'malformed-body', { detail: read.refused });
    if (!isRow(read.value)) return invalid('the body is no object');
    if (method === 'POST') return this.#create(write, read.value);
    if (read.value.id !== undefined && read.value.id !== id) return invalid('another id');
    if (!before?.record) {
      // PUT makes what is not there, under an id of the client's, unless a version was demanded.
      if (method !== 'PUT' || this.#options.serverIds.includes(collection)) return missing(before);
      if (tags) return stale(before);
    } else if (tags && !holds(tags, before.version)) {
      return stale(before);
    } else if (!tags && this.#options.demandsVersions) {
      return problem(428, 'precondition-required');
    } else if (this.#options.versioning === 'field') {
      const named = read.value[versionField];
      if (named !== undefined && named !== before.version) return conflicting(before);
    }
    const record = method === 'PUT' ? read.value : patched(before?.record ?? {}, read.value);
    return this.#store(write, id as string, { ...record, id }, before);
  }

  #create(write: Write, body: Row): WireAnswer {
    const { serverIds, newId } = this.#options;
    const id = serverIds.includes(write.collection) ? newId() : body.id;
    if (!isId(id)) return invalid('no id');
    const before = this.#collections.get(write.collection)?.get(id);
    if (before?.record) return exists(before);
    return this.#store(write, id, { ...body, id }, before);
  }

  #store(write: Write, id: string, record: Row | null, before: Stored | undefined): WireAnswer {
    const { method, collection, key, body } = write;
    const refusal = record && this.#options.refuses(record);
    if (refusal) return invalid(refusal);
    // A recreated record goes on from its tombstone: a version never means two states.
    const version = (before?.version ?? this.#lost.get(`${collection}/${id}`) ?? 0) + 1;
    const lastOperationId = this.#options.keyless ? null : key;
    const stands =
      record && this.#options.versioning === 'field'
        ? { ...record, [versionField]: version }
        : record;
    const stored: Stored = { record: stands, version, change: ++this.#changes, lastOperationId };
    const rows = this.#collections.get(collection);
    rows?.delete(id);
    rows?.set(id, stored);
    this.changes.push({ change: stored.change, collection, id, record: stands, version });
    const n = this.ledger.length + 1;
    this.ledger.push({ n, key, method, collection, recordId: id, body, version });
    if (!record) return { status: 204, headers: {}, body: '' };
    if (before?.record) return recordAnswer(200, stored);
    const location = `/${encodeURIComponent(collection)}/${encodeURIComponent(id)}`;
    return recordAnswer(201, stored, { location });
  }

  #read(collection: string, id: string): WireAnswer {
    const stored = this.#collections.get(collection)?.get(id);
    return stored?.record ? recordAnswer(200, stored) : missing(stored);
  }

  /** All that is there; in pages, by place, where they are small: what changes meanwhile moves to the end. */
  #all(collection: string, query: string): WireAnswer {
    const { page } = this.#options;
    const rows = [...this.rows(collection).values()].map(({ record }) => record);
    const from = Number(new URLSearchParams(query).get('offset') ?? 0);
    const items = rows.slice(from, from + page);
    const told = page === Infinity ? rows : { items, hasMore: rows.length > from + page };
    const headers = { 'content-type': 'application/json' };
    return { status: 200, headers, body: JSON.stringify(told) };
  }

  #pull(collection: string, query: string): WireAnswer {
    const parameters = new URLSearchParams(query);
    const asked = limitIn(parameters.get('limit'));
    if (asked === undefined) return problem(400, 'bad-limit');
    const limit = Math.min(asked, this.#options.page);
    const start = this.#startOf(parameters.get('since'));
    if (!start) return problem(410, 'cursor-expired', { epoch: this.#epoch });
    const { after, quietUntil } = start;
    const page: [string, Stored][] = [];
    for (const entry of this.#collections.get(collection) ?? []) {
      const { change, record } = entry[1];
      if (change > after && (record || change > quietUntil)) page.push(entry);
      if (page.length > limit) break;
    }
    const hasMore = page.length > limit;
    if (hasMore) page.pop();
    const last = page[page.length - 1]?.[1].change ?? after;
    const next = hasMore ? [last, quietUntil] : [Math.max(last, quietUntil), 0];
    const live = page.filter(([, { record }]) => record);
    const gone = page.filter(([, { record }]) => !record);
    const answer = {
      items: live.map(([, { record }]) => record),
      deleted: gone.map(([id, { version }]) => ({ id, version })),
      versions: Object.fromEntries(
        live.map(([id, { version, lastOperationId }]) => [
          id,
          this.#options.versioning === 'etag' ? { version, lastOperationId } : { lastOperationId },
        ]),
      ),
      cursor: `${this.#life}.${next.join('.')}`,
      hasMore,
      epoch: this.#epoch,
    };
    const headers = { 'content-type': 'application/json' };
    return { status: 200, headers, body: JSON.stringify(answer) };
  }

  /**
   * Where a pull goes on. One from the start tells nothing of what was deleted before it began:
   * `quietUntil` carries that through its pages.
   */
  #startOf(since: string | null): { after: number; quietUntil: number } | undefined {
    if (since === null) return { after: 0, quietUntil: this.#changes };
    const match = /^(.*)\.(\d{1,15})\.(\d{1,15})$/.exec(since);
    const after = Number(match?.[2]);
    const isOurs = match?.[1] === this.#life && after <= this.#changes;
    return isOurs ? { after, quietUntil: Number(match?.[3]) } : undefined;
  }
}
