import { afterEach, beforeEach } from 'vitest';
import type { Failure } from '../../machines/failure.ts';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { SyncState } from '../../src/index.ts';
import type { Env } from '../../src/ports/env.ts';
import type {
  Answer,
  PullAnswer,
  PulledRecord,
  PullRequest,
  RemoteRecord,
  Transport,
  TransportFactory,
} from '../../src/ports/transport.ts';
import { sealRequest } from '../../src/rest/seal.ts';
import type { JsonObject } from '../../store/json.ts';
import { type Device, type DeviceOptions, deviceEnv, makeDevice, until } from './world.ts';

interface StoredRecord {
  /** Null: deleted. */
  readonly record: JsonObject | null;
  readonly version: number;
  readonly changed: number;
  readonly operationId: string | null;
}

const nothing: RemoteRecord = { record: null, version: null, lastOperationId: null };

export const busy: Failure = { code: 'server', status: 500, message: 'busy', at: 1 };

/** A server in a few lines: versions, tombstones, a feed of changes. It remembers no keys. */
export class TinyServer {
  readonly #records = new Map<string, StoredRecord>();
  #changes = 0;
  #feed = 0;
  pushes = 0;
  pulls = 0;
  reads = 0;
  /** Records in one page, at most. */
  page = Number.POSITIVE_INFINITY;
  /** `place`: pages by offset, without cursors and tombstones. */
  pagesBy: 'cursor' | 'place' = 'cursor';
  /** Which life of its data it tells. */
  epoch: string | null = null;
  /** What its lists leave out by mistake, though it is there. */
  hides: (id: string) => boolean = () => false;
  /** How it writes a version; null: it tells none in lists. */
  versioned: (n: number) => string | null = (n) => `"${n}"`;
  /** Whether lists name the operation that wrote a record last. */
  namesOperations = false;

  /** Cursors that were given are worth nothing now. */
  expireCursors(): void {
    this.#feed++;
  }

  /** As if it had never been there: no tombstone tells. */
  forget(model: string, id: string): void {
    this.#records.delete(`${model}/${id}`);
  }

  /** All is lost; what comes now has versions from 1 again. */
  reset(epoch: string): void {
    this.#records.clear();
    this.epoch = epoch;
  }

  /** Somebody writes a record; null deletes it. */
  put(model: string, id: string, record: JsonObject | null, operationId: string | null = null) {
    const version = (this.find(model, id)?.version ?? 0) + 1;
    const stored = { record: record && { ...record, id }, version, changed: ++this.#changes };
    this.#records.set(`${model}/${id}`, { ...stored, operationId });
  }

  find(model: string, id: string): StoredRecord | undefined {
    return this.#records.get(`${model}/${id}`);
  }

  /** Ids of the records that are there. */
  ids(model: string): string[] {
    return this.#since(model, 0).flatMap(([id, { record }]) => (record ? [id] : []));
  }

  #since(model: string, cursor: number): [id: string, stored: StoredRecord][] {
    return [...this.#records]
      .filter(([key, { changed }]) => key.startsWith(`${model}/`) && changed > cursor)
      .map(([key, stored]): [string, StoredRecord] => [key.slice(model.length + 1), stored])
      .sort(([, a], [, b]) => a.changed - b.changed);
  }

  read(model: string, id: string): RemoteRecord {
    const found = this.find(model, id);
    if (!found?.record) return nothing;
    const { record, version, operationId } = found;
    return { record, version: this.versioned(version), lastOperationId: operationId };
  }

  push(...[request, model]: Parameters<Transport['push']>): Answer {
    this.pushes++;
    const { name } = model;
    const body: JsonObject = request.body === null ? {} : JSON.parse(request.body);
    const made = model.ids === 'server' ? `made-${this.#changes + 1}` : String(body.id);
    const last = decodeURIComponent(request.path.slice(request.path.lastIndexOf('/') + 1));
    const id = request.kind === 'create' ? made : last;
    const now = this.read(name, id);
    if (request.kind === 'delete' && !now.record) {
      return { kind: 'committed', remote: nothing, version: null };
    }
    const isNew = request.kind === 'create';
    const outdated = request.ifMatch !== null && request.ifMatch !== now.version;
    if (isNew ? now.record : !now.record || outdated) return { kind: 'conflict', remote: now };
    this.put(name, id, request.kind === 'delete' ? null : { ...now.record, ...body }, request.key);
    const remote = this.read(name, id);
    return { kind: 'committed', remote, version: remote.version };
  }

  pull(request: PullRequest): PullAnswer {
    this.pulls++;
    const { model, cursor, filter } = request;
    const [after = '0', feed = '0'] = cursor?.split('.') ?? ['0', String(this.#feed)];
    if (Number(feed) !== this.#feed) return { kind: 'expired' };
    const isListed = ([id, { record }]: [string, StoredRecord]) =>
      !this.hides(id) && (record === null || isInside(record, filter));
    const changed = this.#since(model.name, Number(after)).filter(isListed);
    return this.pagesBy === 'place'
      ? this.#byPlace(request, changed)
      : this.#byCursor(request, changed);
  }

  #byPlace({ offset, limit }: PullRequest, changed: [string, StoredRecord][]): PullAnswer {
    const live = changed.filter(([, { record }]) => record);
    const items = this.#items(live.slice(offset, offset + Math.min(limit, this.page)));
    const hasMore = live.length > offset + items.length;
    const { epoch } = this;
    return { kind: 'page', items, deleted: [], cursor: null, hasMore, epoch, total: live.length };
  }

  #byCursor({ cursor, limit }: PullRequest, changed: [string, StoredRecord][]): PullAnswer {
    const told = changed.filter(([, { record }]) => record || cursor !== null);
    const rows = told.slice(0, Math.min(limit, this.page));
    const hasMore = rows.length < told.length;
    const last = hasMore ? (rows.at(-1)?.[1].changed ?? 0) : this.#changes;
    const deleted = rows.flatMap(([id, { record, version }]) =>
      record ? [] : [{ id, version: this.versioned(version) }],
    );
    const page = { items: this.#items(rows), deleted, cursor: this.#cursorAt(last), hasMore };
    return { kind: 'page', ...page, epoch: this.epoch };
  }

  #cursorAt(change: number): string {
    return this.#feed === 0 ? String(change) : `${change}.${this.#feed}`;
  }

  #items(rows: readonly [string, StoredRecord][]): PulledRecord[] {
    return rows.flatMap(([id, { record, version, operationId }]) =>
      record
        ? [
            {
              ...{ id, record, version: this.versioned(version) },
              ...(this.namesOperations && { lastOperationId: operationId }),
            },
          ]
        : [],
    );
  }
}

function isInside(record: JsonObject, filter: PullRequest['filter']): boolean {
  return Object.entries(filter).every(([field, value]) => String(record[field]) === String(value));
}

/** What a test changes on the way to the server. */
export type Bend = (straight: Transport) => Partial<Transport>;

export function tinyTransport(server: TinyServer, bend: Bend): TransportFactory {
  // As on a real way, other tasks run meanwhile: a loop of requests starves nobody.
  const way = () => pause(0);
  const straight: Transport = {
    seal: sealRequest,
    push: (...args) => way().then(() => server.push(...args)),
    pull: (request) => way().then(() => server.pull(request)),
    read: ({ name }, id) =>
      way().then(() => {
        server.reads++;
        return server.read(name, id);
      }),
    probe: async () => {
      await way();
      return undefined;
    },
  };
  return () => ({ ...straight, ...bend(straight) });
}

/** No way to the server. */
export const away: Bend = () => {
  const nobody = () => Promise.reject(new Error('no network'));
  return { push: nobody, pull: nobody, read: nobody, probe: nobody };
};

/** An env whose waits for a disk in trouble end at once. */
export function quickEnv(overrides: Partial<Env> = {}): Env {
  const quick = ['storage', 'reopen'];
  return deviceEnv({
    setTimer: (delay, callback, label) =>
      browserEnv.setTimer(quick.includes(label) ? 20 : delay, callback, label),
    ...overrides,
  });
}

/** A promise and how to end it. */
export function gate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** How a promise ended: `resolved`, the code it rejected with, or `pending` after `patience` ms. */
export function fateOf(promise: Promise<unknown>, patience = 1_500): Promise<string> {
  return Promise.race([
    promise.then(
      () => 'resolved',
      (error: { code?: string }) => error.code ?? String(error),
    ),
    pause(patience).then(() => 'pending'),
  ]);
}

export const stateOf = ({ store }: Device) => store.getState().sync as SyncState;

export const statusOf = ({ sync, store }: Device) => sync.selectSyncStatus(store.getState());

export const todoOf = ({ sync, store }: Device, id: string) =>
  sync.models.todo.selectById(store.getState(), id);

export const leading = (device: Device) =>
  until('the tab leads', () => statusOf(device).role === 'leading');

export const synced = (device: Device) =>
  until('all is synced', () => statusOf(device).phase === 'synced');

export interface TinyDeviceOptions extends Partial<Omit<DeviceOptions, 'transport'>> {
  readonly bend?: Bend;
}

/** A fresh server for each test, and devices that end with it. */
export function tinyWorld() {
  let server = new TinyServer();
  const devices: Device[] = [];

  beforeEach(() => {
    server = new TinyServer();
  });

  afterEach(async () => {
    for (const made of devices.splice(0)) {
      if (statusOf(made).phase !== 'stopped') await made.sync.stop();
    }
  });

  /** A device that is not started. */
  function device({ bend = () => ({}), ...options }: TinyDeviceOptions = {}): Device {
    const made = makeDevice({
      transport: tinyTransport(server, bend),
      env: quickEnv(),
      ...options,
    });
    devices.push(made);
    return made;
  }

  /** A device that has started and leads. */
  async function started(options?: TinyDeviceOptions): Promise<Device> {
    const made = device(options);
    made.sync.start();
    await made.sync.ready;
    await leading(made);
    return made;
  }

  return {
    ...{ device, started },
    /** A device that has pulled what is there. */
    settled: async (options?: TinyDeviceOptions): Promise<Device> => {
      const made = await started(options);
      await synced(made);
      return made;
    },
    get server() {
      return server;
    },
  };
}
