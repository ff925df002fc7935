import { expect, test } from 'vitest';
import type { Facts } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import type { Operation, Row } from '../../store/rows/row.ts';
import { failure, operation, recorded, row, sealed, TestJournal } from '../support/rows.ts';
import { synced, tinyWorld, todoOf } from '../support/tinyServer.ts';

const world = tinyWorld();
const about = { model: 'todo', recordId: 'a' } as const;

function pulled(items: readonly { title: string }[], deleted: readonly string[] = []): Row {
  const records = items.map((item) => ({
    ...{ id: 'a', record: { ...item, id: 'a' }, version: '"1"' },
  }));
  const end = { since: null, cursor: 'c', complete: true };
  return row({ type: 'pulled', model: 'todo', items: records, deleted, ...end });
}

function refused(made: Operation, rollback: boolean): Row[] {
  const parked = { type: 'parked', reason: 'rejected', failure, rollback } as const;
  return [sealed([made]), row({ ...about, ...parked, operationIds: [made.id] })];
}

const shownIn = ({ models }: Facts) => models.todo && getIn(models.todo.records, 'a')?.shown;

test('P14: an edit behind a refused one that was rolled back is shown at once', () => {
  const waits = { visible: false, strategy: 'waitForRemote' } as const;
  const first = operation('update', 'a', { title: 'refused' }, waits);
  const journal = new TestJournal().add(pulled([{ title: 'A' }]), recorded(first));
  journal.add(...refused(first, true), recorded(operation('update', 'a', { title: 'mine' })));
  expect(journal.illegal).toEqual([]);
  expect(shownIn(journal.facts)).toEqual({ id: 'a', title: 'mine' });
});

test('a tombstone over a dead letter is remembered, and applied when it is discarded', () => {
  const edit = operation('update', 'a', { title: 'refused' });
  const journal = new TestJournal().add(pulled([{ title: 'A' }]), recorded(edit));
  journal.add(...refused(edit, false), pulled([], ['a']));
  expect(shownIn(journal.facts)).toEqual({ id: 'a', title: 'refused' });
  journal.add(row({ ...about, type: 'discarded', operationIds: [edit.id] }));
  expect(journal.illegal).toEqual([]);
  expect(shownIn(journal.facts) ?? null).toBeNull();
});

test('a record that came back before the dead letter was discarded stays', () => {
  const edit = operation('update', 'a', { title: 'refused' });
  const journal = new TestJournal().add(pulled([{ title: 'A' }]), recorded(edit));
  journal.add(...refused(edit, false), pulled([], ['a']), pulled([{ title: 'again' }]));
  journal.add(row({ ...about, type: 'discarded', operationIds: [edit.id] }));
  expect(shownIn(journal.facts)).toEqual({ id: 'a', title: 'again' });
});

test('deleted by others while its dead letter waits: gone once that is discarded', async () => {
  world.server.put('todo', 'a', { title: 'A', done: false });
  const device = await world.settled({
    bend: () => ({ push: async () => ({ kind: 'rejected', failure }) }),
  });
  const { todo } = device.sync.models;
  const edit = todo.update('a', { title: 'refused' });
  expect((await edit.settled).outcome).toBe('rejected');
  world.server.put('todo', 'a', null);
  await todo.pull();
  expect(todoOf(device, 'a')).toMatchObject({ title: 'refused' });
  await device.sync.outbox.discard(edit.operationId);
  await todo.pull();
  await synced(device);
  expect(todoOf(device, 'a')).toBeUndefined();
});
