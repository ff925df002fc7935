import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  Addressed,
  Answer,
  ModelWire,
  PullAnswer,
  Transport,
} from '../../src/ports/transport.ts';
import type { JsonObject } from '../../store/json.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import type { Intent } from '../../store/seal.ts';

/** A transport with its server, and a spectator's hands on that server. */
export interface TransportWorld {
  readonly transport: Transport;
  /** Ids are the client's; a record without a title is refused. */
  readonly todo: ModelWire;
  /** Ids are the server's. */
  readonly note: ModelWire;
  /** Keys of what took effect, in order. */
  readonly effects: () => (string | null)[];
  /** Somebody else's change of a todo; null deletes it. */
  readonly someoneElse: (id: string, changes: JsonObject | null) => void | Promise<void>;
  /** The data is gone, and a new life begins. */
  readonly reset: () => void | Promise<void>;
  /** No way to the server from now on. */
  readonly cut: () => void;
  readonly close: () => void | Promise<void>;
}

/** What the engine relies on, whatever the transport; `batches`: whether it can send many at once. */
export function transportContract(
  name: string,
  make: () => Promise<TransportWorld>,
  { batches = false } = {},
): void {
  describe(`transport contract: ${name}`, () => {
    let world: TransportWorld;
    let count = 0;
    const { signal } = new AbortController();

    beforeEach(async () => {
      world = await make();
      count = 0;
    });
    afterEach(() => world.close());

    function seal(kind: Intent['kind'], more: Partial<Intent> = {}, model = world.todo) {
      const key = `op-${++count}`;
      const intent: Intent = {
        ...{ kind, model: model.name, recordId: 'a', key, operationIds: [key] },
        ...{ changes: {}, base: null, version: null, alias: null, request: null },
        ...more,
      };
      const wire = world.transport.seal(intent, model);
      return { ...wire, kind, key, operationIds: [key] } satisfies SealedRequest;
    }
    const push = (request: SealedRequest, model = world.todo) =>
      world.transport.push(request, model, signal);
    const create = (id: string, changes: JsonObject = { title: id }) =>
      push(seal('create', { recordId: id, changes }));
    const pull = (cursor: string | null = null, limit = 10, filter = {}, offset = 0) =>
      world.transport.pull({ model: world.todo, cursor, limit, offset, filter }, signal);
    const read = (id: string) => world.transport.read(world.todo, id, signal);

    function remoteOf(answer: Answer) {
      if ('remote' in answer && answer.remote) return answer.remote;
      throw new Error(`no record came: ${JSON.stringify(answer)}`);
    }
    function pageOf(answer: PullAnswer) {
      if (answer.kind === 'page') return answer;
      throw new Error(`no page came: ${JSON.stringify(answer)}`);
    }

    test('sealing asks nobody and gives the same request for the same intent', () => {
      const more = { recordId: 'a', changes: { title: 'T' }, base: { id: 'a' }, version: '"1"' };
      const { key: _, operationIds: __, ...first } = seal('update', more);
      const { key: ___, operationIds: ____, ...second } = seal('update', more);
      expect(first).toEqual(second);
      expect(JSON.parse(JSON.stringify(first))).toEqual(first);
      expect(world.effects()).toEqual([]);
    });

    test('a create, an update and a delete are committed, each with the version that it made', async () => {
      const made = remoteOf(await create('a', { title: 'One', n: 1 }));
      expect(made).toMatchObject({ record: { id: 'a', title: 'One', n: 1 } });
      const base = made.record;
      const change = { changes: { title: 'Two' }, base, version: made.version };
      const changed = remoteOf(await push(seal('update', change)));
      expect(changed).toMatchObject({ record: { id: 'a', title: 'Two', n: 1 } });
      expect(changed.version).not.toBe(made.version);
      const gone = await push(seal('delete', { base: changed.record, version: changed.version }));
      expect(gone).toMatchObject({ kind: 'committed' });
      expect(world.effects()).toEqual(['op-1', 'op-2', 'op-3']);
    });

    test('P8: the same request sent again takes effect once and is answered in the same way', async () => {
      const request = seal('create', { changes: { title: 'Once' } });
      const first = await push(request);
      expect(await push(request)).toEqual(first);
      expect(world.effects()).toEqual([request.key]);
    });

    test('SV10: a change of an older version is a conflict that brings the record', async () => {
      const { record, version } = remoteOf(await create('a'));
      await world.someoneElse('a', { title: 'Theirs' });
      const late = await push(
        seal('update', { changes: { title: 'Mine' }, base: record, version }),
      );
      expect(late.kind).toBe('conflict');
      expect(remoteOf(late)).toMatchObject({ record: { id: 'a', title: 'Theirs' } });
    });

    test('NW3: a conflict tells which operation wrote the record last', async () => {
      const { record, version } = remoteOf(await create('a'));
      const own = seal('update', { changes: { title: 'Mine' }, base: record, version });
      await push(own);
      const again = seal('update', { changes: { title: 'Other' }, base: record, version });
      expect(remoteOf(await push(again))).toMatchObject({ lastOperationId: own.key });
    });

    test('a create of an id that is known is a conflict, not a second record', async () => {
      await create('a', { title: 'First' });
      expect(await create('a', { title: 'Second' })).toMatchObject({
        kind: 'conflict',
        remote: { record: { title: 'First' } },
      });
    });

    test('SV4 SV5: what others deleted is gone, for an update and for a delete', async () => {
      const { record: base, version } = remoteOf(await create('a'));
      await world.someoneElse('a', null);
      for (const kind of ['update', 'delete'] as const) {
        const changes = kind === 'update' ? { title: 'x' } : {};
        const answer = await push(seal(kind, { changes, base, version }));
        // Either in so many words, or as a conflict with a record that is not there.
        const isGone = answer.kind === 'gone' || remoteOf(answer).record === null;
        expect([kind, isGone]).toEqual([kind, true]);
      }
    });

    test('SV6: a record that never was is told from an address that never was', async () => {
      const answer = await push(seal('delete', { recordId: 'never', version: '"1"' }));
      expect(answer).toMatchObject({ kind: 'gone', certain: false });
      expect(await world.transport.check?.(world.todo, signal)).toBe(true);
      const nowhere = { ...world.todo, endpoint: 'nowhere' };
      expect(await world.transport.check?.(nowhere, signal)).toBe(false);
      expect(await push(seal('create', {}, nowhere), nowhere)).toMatchObject({
        ...{ kind: 'held', by: 'deployment' },
      });
    });

    test('SV1: what the server refuses is refused with its reason, and has no effect', async () => {
      const answer = await create('a', { title: '' });
      expect(answer).toMatchObject({ kind: 'rejected', failure: { code: 'rejected' } });
      expect('failure' in answer && answer.failure.message).toMatch(/title/i);
      expect(world.effects()).toEqual([]);
    });

    test('SV22: a server that makes the ids says which it made', async () => {
      const request = seal('create', { changes: { text: 'hi' } }, world.note);
      const { record } = remoteOf(await push(request, world.note));
      expect(record).toMatchObject({ text: 'hi' });
      const id = String(record?.id);
      expect(id).not.toBe('a');
      const change = { changes: { text: 'ho' }, base: record, alias: id };
      const changed = await push(seal('update', change, world.note), world.note);
      expect(remoteOf(changed)).toMatchObject({ record: { id, text: 'ho' } });
    });

    test('an id may hold anything', async () => {
      const id = 'a/b ?#%ü';
      await create(id, { title: 'Odd' });
      expect(await read(id)).toMatchObject({ record: { id, title: 'Odd' } });
      const remove = seal('delete', { recordId: id });
      expect(await push(remove)).toMatchObject({ kind: 'committed' });
    });

    test('a read gives the record as it stands, with its version, or says that there is none', async () => {
      const made = remoteOf(await create('a'));
      expect(await read('a')).toEqual(made);
      await world.someoneElse('a', null);
      expect(await read('a')).toMatchObject({ record: null });
      expect(await read('never')).toMatchObject({ record: null });
    });

    test('P19: a pull from the start brings everything, page by page', async () => {
      for (const id of ['a', 'b', 'c', 'd', 'e']) await create(id);
      const ids: string[] = [];
      let cursor: string | null = null;
      for (let pages = 0; ; pages++) {
        const passed = cursor === null ? ids.length : 0;
        const page = pageOf(await pull(cursor, 2, {}, passed));
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.cursor;
        if (!page.hasMore || pages > 9) break;
      }
      expect(ids).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    test('P19: a pull from a cursor brings what changed since, and what went', async () => {
      for (const id of ['a', 'b', 'c']) await create(id);
      const { cursor, epoch } = pageOf(await pull());
      await world.someoneElse('b', { title: 'Changed' });
      await world.someoneElse('c', null);
      const news = pageOf(await pull(cursor));
      expect(news.items).toMatchObject([{ id: 'b', record: { title: 'Changed' } }]);
      expect(news.deleted.map(({ id }) => id)).toEqual(['c']);
      expect(news).toMatchObject({ hasMore: false, epoch });
      expect(pageOf(await pull(news.cursor))).toMatchObject({ items: [], deleted: [] });
    });

    test('versions are the same wherever they come from', async () => {
      const { version } = remoteOf(await create('a'));
      const [item] = pageOf(await pull()).items;
      expect(item?.version).toBe(version);
      expect(await read('a')).toMatchObject({ version });
    });

    test('SV26 SV27: a cursor of another life is no good', async () => {
      await create('a');
      const { cursor } = pageOf(await pull());
      await world.reset();
      expect(await pull(cursor)).toEqual({ kind: 'expired' });
      expect(pageOf(await pull())).toMatchObject({ items: [] });
    });

    test('NW1: without a way to the server everything throws, and nothing else does', async () => {
      const request = seal('create', { changes: { title: 'T' } });
      await expect(world.transport.probe([world.todo], signal)).resolves.toBeUndefined();
      world.cut();
      await expect(push(request)).rejects.toThrow();
      await expect(pull()).rejects.toThrow();
      await expect(read('a')).rejects.toThrow();
      await expect(world.transport.probe([world.todo], signal)).rejects.toThrow();
      expect(world.effects()).toEqual([]);
    });

    test('what is stopped ends at once', async () => {
      const stopped = AbortSignal.abort();
      const request = seal('create', { changes: { title: 'T' } });
      await expect(world.transport.push(request, world.todo, stopped)).rejects.toThrow();
      expect(world.effects()).toEqual([]);
    });

    if (!batches) return;

    test('P18: several at once mean what each would mean alone', async () => {
      const pushMany = world.transport.pushMany as NonNullable<Transport['pushMany']>;
      const taken = remoteOf(await create('taken'));
      await world.someoneElse('taken', { title: 'Theirs' });
      const stale = { recordId: 'taken', base: taken.record, version: taken.version };
      const requests: Addressed[] = [
        seal('create', { recordId: 'x', changes: { title: 'X' } }),
        seal('update', { ...stale, changes: { title: 'Mine' } }),
        seal('create', { recordId: 'y', changes: { title: '' } }),
      ].map((request) => ({ request, model: world.todo }));
      const answer = await pushMany(requests, signal);
      if (answer.kind !== 'answers') throw new Error(`no answers came: ${JSON.stringify(answer)}`);
      const kinds = requests.map(({ request }) => {
        const part = answer.answers.get(request.key);
        return typeof part === 'object' ? part.kind : part;
      });
      expect(kinds).toEqual(['committed', 'conflict', 'rejected']);
      const again = await pushMany(requests.slice(0, 2), signal);
      expect(again).toMatchObject({ kind: 'answers' });
      expect(world.effects().filter((key) => key === requests[0]?.request.key)).toHaveLength(1);
    });
  });
}
