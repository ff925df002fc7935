import type { Json, Operation, OutboxItem, SyncStatus } from 'syncharts';
import { clockTime } from './texts.ts';

function shortValue(value: Json | undefined): string {
  const text = typeof value === 'string' ? `“${value}”` : JSON.stringify(value ?? null);
  return text.length > 32 ? `${text.slice(0, 31)}…` : text;
}

/** The fields an operation changes, with their new values. */
export function changedFields({ kind, changes }: Operation): string {
  if (kind === 'delete') return '';
  const fields = Object.entries(changes).filter(([field]) => field !== 'id');
  return fields.map(([field, value]) => `${field}: ${shortValue(value)}`).join(', ');
}

/** Why an operation is still here, in plain words. */
export function whyItWaits(item: OutboxItem, sync: SyncStatus): string {
  const { status, sealed, deadLetter } = item;
  const reason = status.failure?.message ?? 'no reason given';
  if (deadLetter) return `Dead letter: ${reason}`;
  switch (status.status) {
    case 'failed':
      return 'Behind a dead letter of the same record.';
    case 'conflicted':
      return 'Waits for your decision about the conflict.';
    case 'saving':
      return 'Being written to this device.';
  }
  if (!sealed && status.status !== 'pending') return 'Behind an earlier change of the same record.';
  if (sealed && status.status === 'syncing') return 'Sealed and on its way.';
  if (!sync.online) {
    return sealed ? 'Sealed, waiting for the network.' : 'Offline: waits for the network.';
  }
  if (status.status === 'backoff' && status.retryAt !== null) {
    return `Retry at ${clockTime(status.retryAt)} after attempt ${status.attempts}: ${reason}`;
  }
  return sealed ? 'Sealed, about to leave.' : 'Waits for its turn.';
}
