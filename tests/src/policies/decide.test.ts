import { describe, expect, test } from 'vitest';
import {
  type Conflict,
  type ConflictFacts,
  type ConflictFunction,
  type ConflictPolicy,
  type ConflictRule,
  decide,
} from '../../../src/policies/policy.ts';
import type { JsonObject } from '../../../store/json.ts';
import type { Operation, OperationKind } from '../../../store/rows/row.ts';

const base = { id: 'a', title: 'A', done: false, note: 'both know' };
const theirs = { ...base, title: 'theirs', done: true };

let made = 0;

function operation(kind: OperationKind, changes: JsonObject = {}, at = 10): Operation {
  const id = `op-${++made}`;
  const plain = { model: 'todo', recordId: 'a', visible: true, strategy: 'optimistic' } as const;
  return { ...plain, id, kind, changes, at };
}

function rule(policy: ConflictPolicy, more: Partial<ConflictRule> = {}): ConflictRule {
  return { policy, updatedAt: null, serverFields: [], clockOffset: () => 0, ...more };
}

function facts(operations: readonly Operation[], more: Partial<ConflictFacts> = {}): ConflictFacts {
  const named = { model: 'todo', recordId: 'a' };
  return { ...named, base, remote: theirs, operations, contested: operations, ...more };
}

const ours = () => [operation('update', { title: 'ours' })];

describe('S13: clientWins', () => {
  test('sends the whole record of this device, and tells what of theirs it overwrites (P17)', () => {
    expect(decide(rule('clientWins'), facts(ours()))).toMatchObject({
      kind: 'send',
      changes: { title: 'ours', done: false },
      overwritten: [
        { field: 'title', local: 'ours', remote: 'theirs' },
        { field: 'done', local: false, remote: true },
      ],
    });
  });

  test('takes away a field that theirs has and ours has not, and tells so (P17)', () => {
    const remote = { ...theirs, added: 'by them' };
    expect(decide(rule('clientWins'), facts(ours(), { remote }))).toMatchObject({
      changes: { title: 'ours', done: false, added: null },
      overwritten: [{ field: 'title' }, { field: 'done' }, { field: 'added', remote: 'by them' }],
    });
  });

  test('leaves to the server what is the server’s to say, unless it was said here', () => {
    const serverFields = ['updatedAt', 'version'];
    const [before, after] = [
      { updatedAt: 1, version: 1 },
      { updatedAt: 2, version: 2 },
    ];
    const stamped = { base: { ...base, ...before }, remote: { ...theirs, ...after } };
    const left = decide(rule('clientWins', { serverFields }), facts(ours(), stamped));
    expect(left).toMatchObject({ changes: { title: 'ours', done: false } });
    expect(left).not.toHaveProperty('changes.updatedAt');
    expect(left).not.toHaveProperty('changes.version');
    const isNew = { base, remote: { ...theirs, ...after } };
    expect(decide(rule('clientWins', { serverFields }), facts(ours(), isNew))).not.toHaveProperty(
      'changes.updatedAt',
    );
    const said = [operation('update', { title: 'ours', updatedAt: 3 })];
    const own = decide(rule('clientWins', { serverFields }), facts(said, stamped));
    expect(own).toMatchObject({ changes: { updatedAt: 3 } });
  });

  test('replaces the request that met the conflict alone: what waits behind it goes as it is', () => {
    const contested = ours();
    const behind = operation('update', { note: 'later' });
    const decision = decide(
      rule('clientWins'),
      facts([...contested, behind], { contested, remote: { ...theirs, note: 'theirs' } }),
    );
    const changes = { title: 'ours', done: false, note: 'both know' };
    expect(decision).toMatchObject({ kind: 'send', changes, replaces: contested });
    // What will stand in the end is told, not what is sent first.
    expect(decision).toMatchObject({
      overwritten: [{ field: 'title' }, { field: 'done' }, { field: 'note', local: 'later' }],
    });
  });

  test('makes a record again that they deleted, and deletes one again that they changed', () => {
    expect(decide(rule('clientWins'), facts(ours(), { remote: null }))).toMatchObject({
      kind: 'recreate',
      record: { ...base, title: 'ours' },
    });
    const removal = [operation('delete')];
    expect(decide(rule('clientWins'), facts(removal))).toEqual({
      kind: 'delete',
      replaces: removal,
    });
  });
});

describe('S13: lastUpdateWins', () => {
  const changedAt = 100_000;
  const policy = (clockOffset: number | null) =>
    rule('lastUpdateWins', { updatedAt: () => changedAt, clockOffset: () => clockOffset });
  const winner = (operations: readonly Operation[], clockOffset: number | null = 0) =>
    decide(policy(clockOffset), facts(operations)).kind === 'drop' ? 'theirs' : 'ours';
  const at = (...times: readonly number[]) =>
    times.map((time) => operation('update', { title: `at ${time}` }, time));

  test('TM1: the later one stands; a tie is theirs', () => {
    expect(winner(at(changedAt + 1))).toBe('ours');
    expect(winner(at(changedAt))).toBe('theirs');
    expect(winner(at(changedAt - 1))).toBe('theirs');
  });

  test('TM1: our time is corrected by how far the server’s clock is ahead, or behind', () => {
    expect(winner(at(changedAt - 29_999), 30_000)).toBe('ours');
    expect(winner(at(changedAt - 30_000), 30_000)).toBe('theirs');
    expect(winner(at(changedAt + 30_000), -30_000)).toBe('theirs');
    expect(winner(at(changedAt + 30_001), -30_000)).toBe('ours');
  });

  test('TM1: a clock that is over a minute off, either way, or that nobody has measured, decides nothing', () => {
    expect(winner(at(changedAt + 1_000_000), 60_000)).toBe('ours');
    expect(winner(at(changedAt + 1_000_000), 60_001)).toBe('theirs');
    expect(winner(at(changedAt + 1_000_000), -60_000)).toBe('ours');
    expect(winner(at(changedAt + 1_000_000), -60_001)).toBe('theirs');
    expect(winner(at(changedAt + 1_000_000), null)).toBe('theirs');
  });

  test('TM1: the last of our changes counts, also one that waits behind the conflict', () => {
    expect(winner(at(changedAt - 5, changedAt + 5))).toBe('ours');
    expect(winner(at(changedAt + 5, changedAt - 5))).toBe('ours');
    const [first, behind] = at(changedAt - 5, changedAt + 5) as [Operation, Operation];
    const decision = decide(policy(0), facts([first, behind], { contested: [first] }));
    expect(decision).toMatchObject({ kind: 'send', replaces: [first] });
  });

  test('TM1: a record that does not say when is theirs', () => {
    const silent = rule('lastUpdateWins', { updatedAt: () => null });
    expect(decide(silent, facts(at(changedAt))).kind).toBe('drop');
    expect(decide(rule('lastUpdateWins'), facts(at(changedAt))).kind).toBe('drop');
  });

  test('a delete here is by time too; a delete there is theirs, since it says no time', () => {
    const removal = (time: number) => [operation('delete', {}, time)];
    expect(decide(policy(0), facts(removal(changedAt + 1))).kind).toBe('delete');
    expect(decide(policy(0), facts(removal(changedAt))).kind).toBe('drop');
    expect(decide(policy(0), facts(at(changedAt + 1), { remote: null })).kind).toBe('drop');
  });

  test('P17: what loses is told, whichever it is', () => {
    expect(decide(policy(0), facts(at(changedAt - 1)))).toMatchObject({
      overwritten: [{ field: 'title', local: 'at 99999', remote: 'theirs', kept: 'remote' }],
    });
    expect(decide(policy(0), facts(at(changedAt + 1)))).toMatchObject({
      overwritten: [
        { field: 'title', local: 'at 100001', remote: 'theirs' },
        { field: 'done', local: false, remote: true },
      ],
    });
  });
});

describe('S13: serverWins', () => {
  test('P17: theirs stands, and all that we had said otherwise is told, what waits behind as well', () => {
    const contested = ours();
    const behind = operation('update', { note: 'later', done: true });
    const decision = decide(rule('serverWins'), facts([...contested, behind], { contested }));
    expect(decision).toEqual({
      kind: 'drop',
      overwritten: [
        { field: 'title', local: 'ours', remote: 'theirs', kept: 'remote' },
        { field: 'note', local: 'later', remote: 'both know', kept: 'remote' },
      ],
    });
  });

  test('P17: what they say just as we did is not dropped: it has reached the server', () => {
    const same = [operation('update', { title: 'theirs' })];
    const decision = decide(rule('serverWins'), facts(same, { contested: same }));
    expect(decision).toEqual({ kind: 'send', changes: {}, overwritten: [], replaces: same });
  });
});

describe('S13: merge', () => {
  test('P17: what waits behind overwrites theirs as well, and is told', () => {
    const contested = ours();
    const behind = operation('update', { done: false });
    const decision = decide(rule('merge'), facts([...contested, behind], { contested }));
    expect(decision).toEqual({
      kind: 'send',
      changes: { title: 'ours' },
      overwritten: [
        { field: 'title', local: 'ours', remote: 'theirs' },
        { field: 'done', local: false, remote: true },
      ],
      replaces: contested,
    });
  });
});

describe('S13: a function', () => {
  const says = (said: ReturnType<ConflictFunction>) => rule(() => said);

  test('that says keepLocal lets ours stand, keepRemote theirs, park neither', () => {
    expect(decide(says('keepLocal'), facts(ours()))).toMatchObject({
      kind: 'send',
      changes: { title: 'ours', done: false },
    });
    expect(decide(says('keepRemote'), facts(ours()))).toMatchObject({ kind: 'drop' });
    expect(decide(says('park'), facts(ours()))).toEqual({ kind: 'park' });
  });

  test('that says keepLocal of deletes makes the record again, or deletes it again', () => {
    expect(decide(says('keepLocal'), facts(ours(), { remote: null })).kind).toBe('recreate');
    expect(decide(says('keepLocal'), facts([operation('delete')])).kind).toBe('delete');
    expect(decide(says('keepRemote'), facts(ours(), { remote: null })).kind).toBe('drop');
    expect(decide(says('keepRemote'), facts([operation('delete')])).kind).toBe('drop');
  });

  test('that merges says what stands in the end: it replaces all that waits, and takes away what it leaves out', () => {
    const all = [...ours(), operation('update', { note: 'later' })];
    const merged = { id: 'a', title: 'both', done: true };
    expect(decide(says({ merged }), facts(all, { contested: all.slice(0, 1) }))).toMatchObject({
      kind: 'send',
      changes: { title: 'both', note: null },
      replaces: all,
    });
    expect(decide(says({ merged }), facts(all, { remote: null }))).toMatchObject({
      kind: 'recreate',
      record: merged,
      replaces: all,
    });
  });

  test('is told all that is known: both records, what was done in order, which fields each side changed', () => {
    let told: Conflict | undefined;
    const asks = rule((conflict) => {
      told = conflict;
      return 'park';
    });
    const all = [...ours(), operation('update', { note: 'later' })];
    decide(asks, facts(all, { contested: all.slice(0, 1) }));
    expect(told).toEqual({
      ...{ model: 'todo', recordId: 'a', base, remote: theirs, operations: all },
      local: { ...base, title: 'ours', note: 'later' },
      changedLocally: ['title', 'note'],
      changedRemotely: ['title', 'done'],
    });
    decide(asks, facts([operation('delete')]));
    expect(told).toMatchObject({ local: null, changedLocally: ['title', 'done', 'note'] });
    decide(asks, facts(ours(), { remote: null }));
    expect(told).toMatchObject({ remote: null, changedRemotely: ['title', 'done', 'note'] });
  });

  test('DA17: gets copies: what it does to what it is told changes nothing, nor what it is told the second time', () => {
    const titles: unknown[] = [];
    const spoils = rule((conflict) => {
      const { operations, local, remote, base: known } = conflict;
      titles.push(operations[0]?.changes.title, local?.title, remote?.title, known?.title);
      for (const record of [operations[0]?.changes, local, remote, known]) {
        (record as { title: string }).title = 'spoilt';
      }
      (operations as Operation[]).pop();
      return 'keepLocal';
    });
    const all = ours();
    const told = facts(all, { base: { ...base }, remote: { ...theirs } });
    expect(decide(spoils, told)).toMatchObject({ changes: { title: 'ours' } });
    expect(titles).toEqual(['ours', 'ours', 'theirs', 'A', 'ours', 'ours', 'theirs', 'A']);
    expect(all).toMatchObject([{ changes: { title: 'ours' } }]);
    expect(told).toMatchObject({ base: { title: 'A' }, remote: { title: 'theirs' } });
  });
});

test('S13: what is gone there and deleted here is agreed on, under every policy', () => {
  const policies = ['merge', 'serverWins', 'clientWins', 'lastUpdateWins', 'manual'] as const;
  for (const policy of [...policies, () => 'park' as const]) {
    const gone = facts([...ours(), operation('delete')], { remote: null });
    expect(decide(rule(policy), gone)).toEqual({ kind: 'agree' });
  }
});
