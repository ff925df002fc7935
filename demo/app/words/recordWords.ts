import type { RecordStatus } from 'syncharts';
import { clockTime } from './texts.ts';

/** What a record's status means, in a sentence. */
export function explainStatus({ status, attempts, retryAt, failure }: RecordStatus): string {
  switch (status) {
    case 'saving':
      return 'Shown already; being written to this device.';
    case 'pending':
      return 'Safe on this device; waits for its turn or for the network.';
    case 'syncing':
      return 'On its way to the server.';
    case 'backoff': {
      const next = retryAt === null ? 'soon' : `at ${clockTime(retryAt)}`;
      return `Attempt ${attempts} failed (${failure?.message ?? 'no reason given'}). Next ${next}.`;
    }
    case 'conflicted':
      return 'Somebody else changed it too: decide in the outbox.';
    case 'failed':
      return `Refused: ${failure?.message ?? 'no reason given'}. Decide in the outbox.`;
    case 'synced':
      return 'The server has everything.';
  }
}
