import { expect } from 'vitest';
import { type Lane, laneKey } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import type { Operation } from '../../store/rows/row.ts';
import { answered, operation, recorded, sealed, TestJournal } from './rows.ts';

export function entry(journal: TestJournal, id = 'a') {
  return getIn(journal.facts.models.todo?.records ?? expect.fail('no model'), id);
}

export function shown(journal: TestJournal, id = 'a') {
  return entry(journal, id)?.shown ?? null;
}

export function lane(journal: TestJournal, id = 'a'): Lane | undefined {
  return getIn(journal.facts.lanes, laneKey('todo', id));
}

export function outcome(journal: TestJournal, item: Operation) {
  return getIn(journal.facts.settlements, item.id)?.outcome;
}

export function synced(id = 'a', base = { id: 'a', title: 'Milk' }): TestJournal {
  const create = operation('create', id, base);
  return new TestJournal().add(recorded(create), sealed([create]), answered([create], base));
}

export const about = { model: 'todo', recordId: 'a' } as const;
