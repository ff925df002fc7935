import type { Operation } from 'syncharts';
import { shortId, shortValue } from './texts.ts';

/** The fields an operation changes, with their new values. */
export function changedFields({ kind, changes }: Operation): string {
  if (kind === 'delete') return '';
  const fields = Object.entries(changes).filter(([field]) => field !== 'id');
  return fields.map(([field, value]) => `${field}: ${shortValue(value)}`).join(', ');
}

/** What people call the record of an operation, also when it is not shown any more. */
export function nameOf({ changes, meta, recordId }: Operation, title?: string): string {
  return String(title ?? changes.title ?? meta ?? shortId(recordId));
}
