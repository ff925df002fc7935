import { expect, test } from 'vitest';
import { dependentRows } from '../../src/journal/dependentRows.ts';
import { emptyFacts, type Facts, laneKey } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import type { PersonRow } from '../../store/rows/row.ts';
import { models, operation, recorded } from '../support/rows.ts';

const namedBy = (row: PersonRow) =>
  row.type === 'recorded' && typeof row.operation.changes.parent === 'string'
    ? [laneKey('todo', row.operation.changes.parent)]
    : [];
const none: Facts = emptyFacts(models);

test('ST1: what names a record that could not be stored is refused with it, and what names that', () => {
  const parent = recorded(operation('create', 'list'));
  const child = recorded(operation('create', 'item', { parent: 'list' }));
  const grandchild = recorded(operation('create', 'part', { parent: 'item' }));
  const other = recorded(operation('create', 'other', { parent: 'elsewhere' }));
  const rest = [child, other, grandchild];
  expect(dependentRows(none, parent, rest, namedBy)).toEqual([child, grandchild]);
});

test('ST1: what names a record that is there stays, whichever edit of that could not be stored', () => {
  const made = { sequence: 1, row: recorded(operation('create', 'list')) };
  const { facts } = foldEntries(none, [made]);
  const edit = recorded(operation('update', 'list', { title: 'too large' }));
  const child = recorded(operation('create', 'item', { parent: 'list' }));
  expect(dependentRows(facts, edit, [child], namedBy)).toEqual([]);
});
