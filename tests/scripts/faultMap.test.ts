import { describe, expect, test } from 'vitest';
import {
  type FaultEntry,
  faultIds,
  readFaultPage,
  reportProblems,
  structureProblems,
} from '../../scripts/faultMap.ts';

// Ids are put together here: whole ones in a title of these tests would count as proofs.
const id = (family: string, n: number) => `${family}${n}`;
const [one, two] = [id('CR', 1), id('NW', 2)];

const page = (...rows: readonly string[]) => rows.map((row) => `| ${row} |\n`).join('');
const whole = () =>
  faultIds.map((each) => ({ id: each, state: 'proved', reason: '' }) satisfies FaultEntry);
const passed = (fullName: string) => ({ fullName, status: 'passed' });

describe('the page of faults', () => {
  test('is read row by row, with the state and its reason', () => {
    const rows = [`${one} | a | b | proved`, `${two} | a | b | waived: not built`];
    expect(readFaultPage(page(...rows, `${id('ST', 3)}| a |b|in part: told only`))).toEqual([
      { id: one, state: 'proved', reason: '' },
      { id: two, state: 'waived', reason: 'not built' },
      { id: id('ST', 3), state: 'inPart', reason: 'told only' },
    ]);
  });

  test('names 183 faults, each once', () => {
    expect(faultIds).toHaveLength(183);
    expect(new Set(faultIds).size).toBe(183);
    expect(structureProblems(whole())).toEqual([]);
  });

  test('is refused where a fault is missing, doubled, unknown, or gives no reason', () => {
    const [first, ...rest] = whole();
    const entry = first ?? expect.fail();
    expect(structureProblems(rest)).toEqual([`${one}: is not in the list`]);
    expect(structureProblems([entry, ...whole()])).toEqual([`${one}: stands in the list twice`]);
    const stranger = { ...entry, id: id('CR', 99) };
    expect(structureProblems([...whole(), stranger])).toHaveLength(1);
    for (const state of ['waived', 'inPart', 'unknown'] as const) {
      expect(structureProblems([{ ...entry, state }, ...rest])).toHaveLength(1);
    }
  });

  test.each([
    ['no state', `${one} | a | b | done`],
    ['a waiver that only begins like one', `${one} | a | b | waived`],
    ['a cell too many', `${one} | a | b | c | proved`],
    ['an empty outcome', `${one} | a | | proved`],
  ])('a row with %s is none', (_, row) => {
    expect(readFaultPage(page(row))).toEqual([{ id: one, state: 'unknown', reason: '' }]);
  });
});

describe('the report', () => {
  const proved: FaultEntry = { id: one, state: 'proved', reason: '' };
  const waived: FaultEntry = { id: one, state: 'waived', reason: 'not built' };

  test('a claim needs a passed test with the id in its title, in its group’s title as well', () => {
    expect(reportProblems([proved], [passed(`a group ${one}: and its test`)])).toEqual([]);
    expect(reportProblems([proved], [passed('no id')])).toHaveLength(1);
    expect(reportProblems([proved], [passed(`${one}5 is another`)])).toHaveLength(1);
  });

  test('a claim falls with a test of the id that failed or was skipped', () => {
    for (const status of ['failed', 'skipped', 'todo', 'pending']) {
      const other = { fullName: `${one}: x`, status };
      expect(reportProblems([proved], [other])).not.toEqual([]);
      expect(reportProblems([proved], [passed(`${one}: y`), other])).toHaveLength(1);
      expect(reportProblems([{ ...proved, state: 'inPart' }], [other])).not.toEqual([]);
    }
  });

  test('a waiver is stale once a passed test carries the id', () => {
    expect(reportProblems([waived], [passed('no id')])).toEqual([]);
    expect(reportProblems([waived], [passed(`${one}: y`)])).toHaveLength(1);
  });

  test('an id in a title that no fault has is a mistake', () => {
    expect(reportProblems([], [passed(`${id('CR', 99)}: y`)])).toHaveLength(1);
    expect(reportProblems([], [passed('SEC25 I7 S4 P19 N10: other lists')])).toEqual([]);
  });
});
