import { describe, expect, test } from 'vitest';
import { rebase } from '../../store/rebase.ts';
import type { Operation } from '../../store/rows/row.ts';
import { coalesce, runLimits } from '../../store/seal.ts';
import { operation } from '../support/rows.ts';

const create = () => operation('create', 'a', { id: 'a', n: 1 });
const update = (changes = { n: 2 }) => operation('update', 'a', changes);
const remove = () => operation('delete', 'a');

function kinds(...operations: readonly Operation[]) {
  const intent = coalesce(operations, undefined);
  return intent && { kind: intent.kind, settles: intent.operationIds.length };
}

describe('P3 CR13: operations are coalesced when they are sealed, never before', () => {
  test.each([
    ['create', [create()], { kind: 'create', settles: 1 }],
    ['create, update', [create(), update()], { kind: 'create', settles: 2 }],
    ['create, delete: nothing to send', [create(), remove()], { kind: 'nothing', settles: 2 }],
    [
      'create, update, delete: nothing to send',
      [create(), update(), remove()],
      { kind: 'nothing', settles: 3 },
    ],
    ['create, create', [create(), create()], { kind: 'create', settles: 1 }],
    ['update', [update()], { kind: 'update', settles: 1 }],
    ['update, update', [update(), update()], { kind: 'update', settles: 2 }],
    ['update, delete', [update(), remove()], { kind: 'delete', settles: 2 }],
    ['update, create', [update(), create()], { kind: 'update', settles: 1 }],
    ['delete', [remove()], { kind: 'delete', settles: 1 }],
    ['delete, create', [remove(), create()], { kind: 'delete', settles: 1 }],
    ['delete, update', [remove(), update()], { kind: 'delete', settles: 1 }],
    ['delete, delete', [remove(), remove()], { kind: 'delete', settles: 1 }],
  ])('%s', (_, operations, expected) => {
    expect(kinds(...operations)).toEqual(expected);
  });

  test('the request says what the run makes of the record (every run of up to four)', () => {
    const makers = [create, update, () => update({ n: 3 }), remove];
    const runs: Operation[][] = [[]];
    for (let length = 0; length < 4; length++) {
      for (const run of runs.filter((known) => known.length === length)) {
        for (const make of makers) runs.push([...run, make()]);
      }
    }
    const base = { id: 'a', n: 0 };
    for (const run of runs.slice(1)) {
      const intent = coalesce(run, { base, version: null, alias: null, shown: base, confirmed: 1 });
      if (!intent) return expect.fail('a run gives a request');
      const settled = run.slice(0, intent.operationIds.length);
      const from = run[0]?.kind === 'create' ? null : base;
      const expected = rebase(from, settled, null);
      if (intent.kind === 'nothing' || intent.kind === 'delete') expect(expected).toBeNull();
      else expect({ ...from, ...intent.changes }).toEqual(expected);
    }
  });

  test('the key is the first operation; its answer settles all of the run', () => {
    const run = [update(), update()];
    const intent = coalesce(run, {
      base: { id: 'a' },
      version: '"3"',
      alias: 'srv',
      shown: null,
      confirmed: 1,
    });
    expect(intent).toMatchObject({
      ...{ key: run[0]?.id, operationIds: run.map((item) => item.id) },
      ...{ base: { id: 'a' }, version: '"3"', alias: 'srv' },
    });
  });

  test('P3 P28: a create over a base that came meanwhile is an update: two would make two records', () => {
    const base = { id: 'a', n: 1 };
    const entry = { base, version: '"1"', alias: '17', shown: base, confirmed: 1 };
    const intent = coalesce([create(), update()], entry);
    expect(intent).toMatchObject({ kind: 'update', base, alias: '17', changes: { n: 2 } });
  });

  test('an empty lane has nothing to say; a stored upsert is a create', () => {
    expect(coalesce([], undefined)).toBeNull();
    expect(kinds(operation('upsert', 'a'))?.kind).toBe('create');
  });

  test('never across another strategy', () => {
    const waits = operation('update', 'a', { n: 9 }, { strategy: 'waitForRemote', visible: false });
    expect(kinds(update(), waits)).toEqual({ kind: 'update', settles: 1 });
  });

  test('a long run is sent in parts', () => {
    const many = Array.from({ length: runLimits.operations + 5 }, () => update());
    expect(kinds(...many)?.settles).toBe(runLimits.operations);
    const large = Array.from({ length: 4 }, (_, i) =>
      operation('update', 'a', { [`f${i}`]: 'x'.repeat(400_000) }),
    );
    expect(kinds(...large)?.settles).toBe(3);
  });
});

describe('rebase', () => {
  test('an update of nothing shows nothing; a create over a record adds to it', () => {
    expect(rebase(null, [update()], null)).toBeNull();
    expect(rebase({ id: 'a', m: 1 }, [create()], null)).toEqual({ id: 'a', m: 1, n: 1 });
    expect(rebase({ id: 'a' }, [operation('upsert', 'a', { n: 5 })], null)).toEqual({
      id: 'a',
      n: 5,
    });
  });

  test('leaves the base as it is where nothing is dirty: the same object', () => {
    const base = { id: 'a' };
    expect(rebase(base, [], null)).toBe(base);
  });

  test('what was rolled back is left out, what waits for the server hides the rest', () => {
    const [first, second] = [update({ n: 7 }), operation('update', 'a', { m: 8 })];
    const rolledBack = { rollback: true, operationIds: [first.id] };
    expect(rebase({ id: 'a' }, [first, second], rolledBack)).toEqual({ id: 'a', m: 8 });
    const hidden = operation('update', 'a', { n: 1 }, { visible: false });
    expect(rebase({ id: 'a' }, [hidden, second], null)).toEqual({ id: 'a' });
  });
});
