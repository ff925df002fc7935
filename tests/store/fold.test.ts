import { describe, expect, test } from 'vitest';
import { conflictLogCap, settlementCap, writerCap } from '../../store/caps.ts';
import { foldAhead, foldEntries, foldTail } from '../../store/fold.ts';
import { getIn, valuesOf } from '../../store/pages.ts';
import { about, entry, lane, outcome, shown, synced } from '../support/foldedJournal.ts';
import {
  answered,
  canonical,
  failure,
  operation,
  type PlainRow,
  recorded,
  row,
  sealed,
  TestJournal,
} from '../support/rows.ts';

describe('a write', () => {
  test('P1: changes the shown record and the outbox in one step', () => {
    const create = operation('create', 'a', { id: 'a', title: 'Milk' });
    const journal = new TestJournal().add(recorded(create));
    expect(shown(journal)).toEqual({ id: 'a', title: 'Milk' });
    expect(valuesOf(journal.facts.outbox)).toEqual([create]);
    expect(lane(journal)).toMatchObject({ state: 'pending', count: 1 });
    expect(journal.facts.counts.pending).toBe(1);
    expect(journal.facts.models.todo?.shown).toBe(1);
  });

  test('S11: an update replaces only the fields it names', () => {
    const journal = synced().add(recorded(operation('update', 'a', { done: true })));
    expect(shown(journal)).toEqual({ id: 'a', title: 'Milk', done: true });
    expect(entry(journal)?.base).toEqual({ id: 'a', title: 'Milk' });
  });

  test('an update of a record that is not here is kept and not shown', () => {
    const journal = new TestJournal().add(recorded(operation('update', 'a', { done: true })));
    expect(shown(journal)).toBeNull();
    expect(journal.facts.outbox.size).toBe(1);
  });

  test('an upsert creates what is not there and updates what is', () => {
    const first = operation('upsert', 'a', { id: 'a', title: 'x' });
    const second = operation('upsert', 'a', { id: 'a', title: 'y' });
    const journal = new TestJournal().add(recorded(first), recorded(second));
    expect(valuesOf(journal.facts.outbox).map((item) => item.kind)).toEqual(['create', 'update']);
    expect(shown(journal)).toEqual({ id: 'a', title: 'y' });
  });

  test('DA15: a record deleted here can be made again under its id', () => {
    const journal = synced().add(
      recorded(operation('delete', 'a')),
      recorded(operation('create', 'a', { id: 'a', title: 'again' })),
    );
    expect(valuesOf(journal.facts.outbox).map((item) => item.kind)).toEqual(['delete', 'create']);
    expect(shown(journal)).toEqual({ id: 'a', title: 'again' });
  });

  test('CR2 CR20: a row written twice after a doubtful append counts once', () => {
    const made = recorded(operation('create', 'a', { id: 'a' }));
    const journal = new TestJournal().add(made, made);
    expect(journal.facts.outbox.size).toBe(1);
    expect(journal.facts.folded).toBe(1);
    expect(journal.facts.head).toBe(2);
  });

  test('recorded before a clear and sequenced after it is discarded', () => {
    const late = operation('create', 'a', { id: 'a' });
    const journal = new TestJournal().add(
      row({ type: 'purged', generation: 1 }),
      recorded(late, 0),
    );
    expect(shown(journal)).toBeNull();
    expect(outcome(journal, late)).toBe('discarded');
  });

  test('S16: a write that waits for the server hides itself and the later ones of its record', () => {
    const waits = operation(
      'update',
      'a',
      { title: 'Tea' },
      { visible: false, strategy: 'waitForRemote' },
    );
    const later = operation('update', 'a', { done: true });
    const journal = synced().add(recorded(waits), recorded(later));
    expect(shown(journal)).toEqual({ id: 'a', title: 'Milk' });
    expect(lane(journal)).toMatchObject({ count: 2, hidden: 1 });
    journal.add(sealed([waits]), answered([waits], { id: 'a', title: 'Tea' }, '"2"'));
    expect(shown(journal)).toEqual({ id: 'a', title: 'Tea', done: true });
    expect(lane(journal)).toMatchObject({ count: 1, hidden: 0, state: 'pending' });
  });

  test('an upsert over a hidden create is an update of what will be', () => {
    const hidden = { visible: false, strategy: 'waitForRemote' } as const;
    const create = operation('create', 'a', { id: 'a' }, hidden);
    const again = operation('upsert', 'a', { id: 'a', title: 'x' });
    const journal = new TestJournal().add(recorded(create), recorded(again));
    expect(valuesOf(journal.facts.outbox).map((item) => item.kind)).toEqual(['create', 'update']);
    expect(shown(journal)).toBeNull();
  });
});

describe('an answer', () => {
  test('CR9: makes the new base and takes the operations out in one step', () => {
    const create = operation('create', 'a', { id: 'a', title: 'Milk' });
    const journal = new TestJournal().add(recorded(create), sealed([create]));
    expect(lane(journal)?.state).toBe('syncing');
    journal.add(answered([create], { id: 'a', title: 'Milk', createdAt: 1 }));
    expect(entry(journal)).toMatchObject({ version: '"1"', base: { createdAt: 1 } });
    expect(lane(journal)).toBeUndefined();
    expect(journal.facts.outbox.size).toBe(0);
    expect(outcome(journal, create)).toBe('committed');
    expect(journal.facts.counts).toMatchObject({ pending: 0, syncing: 0 });
  });

  test('an edit made while the request was under way stays on top', () => {
    const create = operation('create', 'a', { id: 'a', title: 'Milk' });
    const edit = operation('update', 'a', { title: 'Tea' });
    const journal = new TestJournal().add(recorded(create), sealed([create]), recorded(edit));
    journal.add(answered([create], { id: 'a', title: 'Milk', n: 1 }));
    expect(shown(journal)).toEqual({ id: 'a', title: 'Tea', n: 1 });
    expect(lane(journal)).toMatchObject({ state: 'pending', count: 1 });
  });

  test('a committed delete leaves nothing behind', () => {
    const remove = operation('delete', 'a');
    const journal = synced().add(
      recorded(remove),
      sealed([remove]),
      answered([remove], null, null),
    );
    expect(entry(journal)).toBeUndefined();
    expect(journal.facts.models.todo?.shown).toBe(0);
  });

  test("P28: the server's own id becomes an alias; the key on this device stays", () => {
    const create = operation('create', 'a', { id: 'a' });
    const journal = new TestJournal().add(
      recorded(create),
      sealed([create]),
      answered([create], { id: 'a', title: 'x' }, '"1"', 'server-7'),
    );
    expect(getIn(journal.facts.models.todo?.aliases ?? expect.fail(), 'server-7')).toBe('a');
  });

  test('NW6: to a request that is not sealed changes nothing', () => {
    const create = operation('create', 'a', { id: 'a' });
    const journal = new TestJournal().add(recorded(create));
    journal.add(answered([create], { id: 'a' }));
    expect(journal.illegal).toHaveLength(1);
    expect(lane(journal)?.state).toBe('pending');
    journal.add(sealed([create]), answered([operation('update', 'a')], { id: 'a' }));
    expect(journal.illegal).toHaveLength(1);
  });

  test('ends an attempt that began in backoff', () => {
    const create = operation('create', 'a', { id: 'a' });
    const retry = { ...about, type: 'retryScheduled', attempts: 1, retryAt: 9, failure } as const;
    const journal = new TestJournal().add(recorded(create), sealed([create]), row(retry));
    expect(lane(journal)).toMatchObject({ state: 'backoff', attempts: 1, retryAt: 9 });
    journal.add(row({ ...retry, attempts: 2, retryAt: 20 }));
    expect(lane(journal)).toMatchObject({ state: 'backoff', attempts: 2, retryAt: 20 });
    expect(journal.facts.lastFailure).toEqual(failure);
    journal.add(answered([create], { id: 'a' }));
    expect(lane(journal)).toBeUndefined();
  });
});

describe('a sealed request', () => {
  test('CR13: holds exactly the first operations of its lane', () => {
    const first = operation('create', 'a', { id: 'a' });
    const second = operation('update', 'a', { done: true });
    const journal = new TestJournal().add(recorded(first), recorded(second));
    journal.add(sealed([second]));
    expect(journal.illegal).toHaveLength(1);
    journal.add(sealed([first, second]));
    expect(lane(journal)?.sealed?.operationIds).toEqual([first.id, second.id]);
    journal.add(sealed([first, second]));
    expect(journal.illegal).toHaveLength(1);
  });

  test('is sealed with all others of its row, or none is', () => {
    const one = operation('create', 'a', { id: 'a' });
    const two = operation('create', 'b', { id: 'b' });
    const journal = new TestJournal().add(recorded(one));
    const first = sealed([one]);
    const second = sealed([two]);
    if (first.type !== 'sealed' || second.type !== 'sealed') return expect.fail('no seals');
    journal.add(row({ type: 'sealed', requests: [...first.requests, ...second.requests] }));
    expect(journal.illegal).toHaveLength(1);
    expect(lane(journal)?.state).toBe('pending');
  });
});

describe('a pull', () => {
  function pulled(
    items: readonly { id: string; record: { id: string; title: string } }[],
    deleted: string[] = [],
  ): PlainRow {
    const versioned = items.map((item) => ({ ...item, version: '"9"' }));
    return {
      type: 'pulled',
      model: 'todo',
      items: versioned,
      deleted,
      since: null,
      cursor: 'c1',
      complete: true,
    };
  }

  test('P9: puts the new base under unsent edits', () => {
    const journal = synced().add(recorded(operation('update', 'a', { done: true })));
    journal.add(row(pulled([{ id: 'a', record: { id: 'a', title: 'Theirs' } }])));
    expect(shown(journal)).toEqual({ id: 'a', title: 'Theirs', done: true });
    expect(entry(journal)?.version).toBe('"9"');
    expect(lane(journal)?.state).toBe('pending');
  });

  test('P19 CR10 CR11: brings records, tombstones and the cursor in one row', () => {
    const journal = synced().add(
      row(pulled([{ id: 'b', record: { id: 'b', title: 'B' } }], ['a', 'nobody'])),
    );
    expect(shown(journal)).toBeNull();
    expect(shown(journal, 'b')).toEqual({ id: 'b', title: 'B' });
    expect(journal.facts.models.todo).toMatchObject({
      cursor: 'c1',
      pulled: true,
      shown: 1,
    });
  });

  test('I12: the cursor moves only where nothing lies between: a lost page is pulled again', () => {
    const page = (since: string | null, cursor: string): PlainRow => ({
      ...{ type: 'pulled', model: 'todo', items: [], deleted: [], complete: true },
      ...{ since, cursor },
    });
    const journal = new TestJournal().add(row(page(null, 'c1')), row(page('c2', 'c3')));
    expect(journal.facts.models.todo?.cursor).toBe('c1');
    journal.add(row(page('c1', 'c2')), row(page('c2', 'c3')));
    expect(journal.facts.models.todo?.cursor).toBe('c3');
    journal.add(row(page(null, 'd1')));
    expect(journal.facts.models.todo?.cursor).toBe('d1');
  });

  test('P19 UP1: the place stays where a row names no cursor, as rows of earlier versions do, and goes to the start where it says so', () => {
    const last = (
      since: string | null,
      more: { readonly cursor?: string; readonly rewinds?: true } = {},
    ): PlainRow => ({
      ...{ type: 'pulled', model: 'todo', items: [], deleted: [], since, cursor: null },
      ...{ complete: true, ...more },
    });
    const journal = new TestJournal().add(row(last(null, { cursor: 'c1' })), row(last('c1')));
    expect(journal.facts.models.todo).toMatchObject({ cursor: 'c1', pulled: true });
    // Something in between was lost: what it says of the place is of another one.
    journal.add(row(last('c2', { rewinds: true })));
    expect(journal.facts.models.todo?.cursor).toBe('c1');
    journal.add(row(last('c1', { rewinds: true })));
    expect(journal.facts.models.todo?.cursor).toBeNull();
  });

  test('logs what an unsent edit overwrites', () => {
    const overwritten = [{ field: 'title', local: 'Ours', remote: 'Theirs' }];
    const item = { id: 'a', record: { id: 'a', title: 'Theirs' }, version: '"9"', overwritten };
    const journal = synced().add(recorded(operation('update', 'a', { title: 'Ours' })));
    journal.add(
      row({
        type: 'pulled',
        model: 'todo',
        items: [item],
        deleted: [],
        since: null,
        cursor: null,
        complete: false,
      }),
    );
    expect(valuesOf(journal.facts.conflictLog)).toHaveLength(1);
    expect(journal.facts.models.todo).toMatchObject({ cursor: null, pulled: false });
  });

  test('a tombstone under unsent edits takes the base away, never the edit', () => {
    const journal = synced().add(recorded(operation('update', 'a', { done: true })));
    journal.add(row(pulled([], ['a'])));
    expect(journal.facts.outbox.size).toBe(1);
    expect(entry(journal)?.base).toBeNull();
  });
});

describe('the fold', () => {
  test('CR20: is the same in one go, row by row, and over again', () => {
    const create = operation('create', 'a', { id: 'a', title: 'x' });
    const edit = operation('update', 'a', { title: 'y' });
    const journal = new TestJournal().add(recorded(create), sealed([create]), recorded(edit));
    journal.add(answered([create], { id: 'a', title: 'x' }));
    const fresh = new TestJournal();
    const once = foldEntries(fresh.facts, journal.entries).facts;
    expect(canonical(once)).toEqual(canonical(journal.facts));
    expect(foldEntries(once, journal.entries).facts).toEqual(once);
  });

  test('CR20: done ahead is done once, for these entries over these facts alone', () => {
    const create = operation('create', 'a', { id: 'a', title: 'x' });
    const { facts, entries } = new TestJournal().add(recorded(create), sealed([create]));
    const fresh = new TestJournal().facts;
    const ahead = foldAhead(fresh, entries);
    expect(canonical(ahead.facts)).toEqual(canonical(facts));
    expect(foldEntries(facts, entries).facts).toEqual(facts);
    expect(foldEntries(fresh, [...entries])).not.toBe(ahead);
    expect(foldEntries(fresh, entries)).toBe(ahead);
    // Who keeps the entries does not keep the facts.
    expect(foldEntries(fresh, entries)).not.toBe(ahead);
  });

  test('of the tail does not move the head', () => {
    const journal = synced();
    const facts = foldTail(journal.facts, [recorded(operation('update', 'a', { done: true }))]);
    expect(facts.head).toBe(journal.facts.head);
    expect(facts.outbox.size).toBe(1);
  });

  test('a clear empties everything but what is remembered of the operations', () => {
    const edit = operation('update', 'a', { done: true });
    const journal = synced().add(recorded(edit));
    journal.add(row({ type: 'purged', generation: 1 }));
    expect(journal.facts).toMatchObject({ generation: 1, counts: { pending: 0 } });
    expect(journal.facts.outbox.size + journal.facts.lanes.size).toBe(0);
    expect(journal.facts.models.todo).toMatchObject({
      shown: 0,
      cursor: null,
      pulled: false,
    });
    expect(outcome(journal, edit)).toBe('discarded');
    const again = row({ type: 'purged', generation: 1 });
    const before = canonical(journal.facts) as { settlements: unknown };
    journal.add(again);
    expect((canonical(journal.facts) as { settlements: unknown }).settlements).toEqual(
      before.settlements,
    );
  });

  test('I22: settlements, the conflict log and the writers seen are capped', () => {
    const journal = new TestJournal();
    const operations = Array.from({ length: settlementCap + 10 }, (_, i) =>
      operation('create', `r${i}`),
    );
    journal.add(
      ...operations.map((item) => recorded(item)),
      row({ type: 'purged', generation: 1 }),
    );
    expect(journal.facts.settlements.size).toBe(settlementCap);
    expect(journal.facts.settled.size).toBe(settlementCap);
    const overwritten = Array.from({ length: conflictLogCap + 5 }, (_, i) => ({
      ...{ field: `f${i}`, local: 1, remote: 2 },
    }));
    const item = { id: 'a', record: { id: 'a' }, version: null, overwritten };
    journal.add(
      row({
        type: 'pulled',
        model: 'todo',
        items: [item],
        deleted: [],
        since: null,
        cursor: null,
        complete: false,
      }),
    );
    expect(journal.facts.conflictLog.size).toBe(conflictLogCap);
    const purge = { type: 'purged', generation: 1 } as const;
    journal.add(...Array.from({ length: writerCap + 20 }, (_, i) => row(purge, `tab-${i}`)));
    expect(Object.keys(journal.facts.lastSeen)).toHaveLength(writerCap);
    expect(journal.facts.lastSeen['tab-0']).toBeUndefined();
    expect(journal.facts.lastSeen[`tab-${writerCap + 19}`]).toBeDefined();
  });

  test('rows about lanes that are empty change nothing', () => {
    const rows: PlainRow[] = [
      { ...about, type: 'answered', operationIds: [], base: null, version: null },
      { ...about, type: 'retryScheduled', attempts: 1, retryAt: 1, failure },
      { ...about, type: 'parked', reason: 'rejected', operationIds: [], failure, rollback: false },
      { ...about, type: 'cancelled', operationIds: ['x'] },
      { ...about, type: 'discarded', operationIds: ['x'] },
      {
        ...about,
        type: 'resolved',
        by: 'person',
        replaced: [],
        operation: null,
        base: null,
        version: null,
        overwritten: [],
      },
    ];
    for (const item of rows) {
      const journal = new TestJournal().add(row(item));
      expect(journal.illegal, item.type).toHaveLength(1);
      expect(journal.facts.lanes.size).toBe(0);
    }
  });

  test('moves that the machine does not have change nothing', () => {
    const edit = operation('update', 'a', { done: true });
    const parked = {
      ...about,
      type: 'parked',
      operationIds: [edit.id],
      failure,
      rollback: false,
    } as const;
    const wrong: PlainRow[] = [
      { ...about, type: 'retryScheduled', attempts: 1, retryAt: 1, failure },
      { ...parked, reason: 'rejected' },
    ];
    for (const item of wrong) {
      const journal = synced().add(recorded(edit), row(item));
      expect(journal.illegal, item.type).toHaveLength(1);
      expect(lane(journal)?.state).toBe('pending');
    }
  });
});
