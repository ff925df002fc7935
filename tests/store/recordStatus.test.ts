import { expect, test } from 'vitest';
import { type RecordStatus, sameStatus } from '../../store/selectors/recordStatus.ts';
import { failure } from '../support/rows.ts';

const waiting: RecordStatus = { status: 'backoff', pending: 1, attempts: 2, retryAt: 3, failure };

test('S2: two statuses are the same where every part says the same, whatever the objects', () => {
  expect(sameStatus(waiting, { ...waiting, failure: { ...failure } })).toBe(true);
  const others: Partial<RecordStatus>[] = [
    ...[{ status: 'pending' as const }, { pending: 2 }, { attempts: 3 }, { retryAt: null }],
    ...[{ failure: null }, { failure: { ...failure, code: 'timeout' as const } }],
    ...[{ failure: { ...failure, message: 'other' } }, { failure: { ...failure, at: 99 } }],
    { failure: { ...failure, status: 599 } },
  ];
  for (const other of others) expect(sameStatus(waiting, { ...waiting, ...other })).toBe(false);
});
