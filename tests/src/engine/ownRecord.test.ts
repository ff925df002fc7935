import { expect, test } from 'vitest';
import { isOwnRecord } from '../../../src/engine/records/ownRecord.ts';
import type { RemoteRecord } from '../../../src/ports/transport.ts';
import type { JsonObject } from '../../../store/json.ts';
import type { SealedRequest } from '../../../store/rows/row.ts';
import { lane, synced } from '../../support/foldedJournal.ts';
import { operation, recorded, sealed } from '../../support/rows.ts';

/** Whether what stands there is ours, after an edit of `a` (Milk, version 1) was sent. */
function isOwn(
  remote: RemoteRecord['record'],
  {
    version = '"2"',
    lastOperationId = null,
    ifMatch = '"1"',
    changes = { title: 'Tea' },
    serverFields = [],
  }: {
    version?: string | null;
    lastOperationId?: string | null;
    ifMatch?: string | null;
    changes?: JsonObject;
    serverFields?: readonly string[];
  } = {},
): boolean {
  const edit = operation('update', 'a', changes);
  const journal = synced().add(recorded(edit), sealed([edit]));
  const request = { ...lane(journal)?.sealed, ifMatch } as SealedRequest;
  const sent = { model: 'todo', recordId: 'a', request, references: {}, serverFields };
  return isOwnRecord(journal.facts, sent, { record: remote, version, lastOperationId });
}

const ours = { id: 'a', title: 'Tea' };

test('NW3: where operations are named, the name alone tells', () => {
  expect(isOwn(ours, { lastOperationId: 'somebody else’s' })).toBe(false);
  expect(isOwn(ours)).toBe(true);
});

test('S13: the version right after ours tells that what differs beside our words is the server’s own', () => {
  const more = { ...ours, stamp: 5 };
  expect(isOwn(more)).toBe(true);
  expect(isOwn(more, { version: '"3"' })).toBe(false);
  expect(isOwn(more, { version: '"hash"' })).toBe(false);
  expect(isOwn(more, { ifMatch: null })).toBe(false);
  expect(isOwn(more, { ifMatch: '"0"' })).toBe(false);
  // Nothing of it was new: the version is not of our making.
  expect(isOwn({ id: 'a', title: 'Milk', stamp: 5 }, { changes: { title: 'Milk' } })).toBe(false);
});

test('S13: a record that is, as a whole, what ours would make of it leaves nothing to say', () => {
  const whole = { version: '"9"' };
  expect(isOwn(ours, whole)).toBe(true);
  expect(isOwn({ ...ours, done: true }, whole)).toBe(false);
  expect(isOwn({ ...ours, stamp: 5 }, { ...whole, serverFields: ['stamp'] })).toBe(true);
  expect(isOwn({ ...ours, note: null }, whole)).toBe(true);
  expect(isOwn(ours, { ...whole, changes: { title: 'Tea', note: null } })).toBe(true);
});

test('S13: words that are not there are not ours, nor is a record that is gone', () => {
  expect(isOwn({ id: 'a', title: 'Coffee' })).toBe(false);
  expect(isOwn({ id: 'a' })).toBe(false);
  expect(isOwn(null)).toBe(false);
});
