import type { SyncStatus } from 'syncharts';
import { counted } from './texts.ts';

/** Four states for people, each with a word and a colour; what the kit tells apart is finer. */
export type SyncTone = 'synced' | 'syncing' | 'waiting' | 'attention';

const tones: Record<SyncStatus['phase'], SyncTone> = {
  stopped: 'waiting',
  loading: 'syncing',
  saving: 'syncing',
  syncing: 'syncing',
  waiting: 'waiting',
  attention: 'attention',
  synced: 'synced',
};

const words: Record<SyncTone, string> = {
  synced: 'Synced',
  syncing: 'Syncing',
  waiting: 'Waiting',
  attention: 'Needs you',
};

/** A look for news every few seconds is no news by itself: what stood before it stands. */
export function calm(status: SyncStatus): SyncStatus {
  const { phase, online, pending, syncing, received, conflicted, failed, lastSyncedAt } = status;
  if (phase !== 'syncing' || pending + syncing + received > 0) return status;
  if (failed > 0) return { ...status, phase: 'attention', reason: 'deadLetters' };
  if (conflicted > 0) return { ...status, phase: 'attention', reason: 'conflicts' };
  if (!online) return { ...status, phase: 'waiting', reason: 'offline' };
  return lastSyncedAt === null ? status : { ...status, phase: 'synced', reason: null };
}

/** Being offline is the news, also while the kit looks whether it still is. */
function isOffline({ phase, reason }: SyncStatus): boolean {
  return reason === 'offline' && (phase === 'waiting' || phase === 'syncing');
}

/** The whole at a glance, in a word. */
export function syncWord(status: SyncStatus): string {
  return isOffline(status) ? 'Offline' : words[syncTone(status)];
}

/** The colour of that word. */
export function syncTone(status: SyncStatus): SyncTone {
  return isOffline(status) ? 'waiting' : tones[status.phase];
}

/** Why it stands there, in a sentence. */
export function syncReason(status: SyncStatus): string {
  const { phase, reason } = status;
  // What waits for a person is no reason for what moves meanwhile; the counts tell of it.
  const isMoving = phase === 'syncing' || phase === 'saving';
  if (isMoving && (reason === 'deadLetters' || reason === 'conflicts')) return plain(status);
  switch (reason) {
    case 'blocked':
      return 'The storage of this device does not answer; it is asked again.';
    case 'deviceFull':
      return 'This device is full: what you change waits on it until you make room.';
    case 'readOnly':
      return 'A newer version of the app is open elsewhere: reload this page to go on writing.';
    case 'paused':
      return 'Sending is paused; writes are kept on this device.';
    case 'timeTravelling':
      return 'The DevTools show another moment; nothing is sent meanwhile.';
    case 'leaderless':
      return 'Another tab sends for all, and says nothing: this one takes over in a moment.';
    case 'offline':
      return phase === 'attention'
        ? 'No connection, and something in the outbox waits for your decision.'
        : 'No connection. What you write is kept on this device.';
    case 'networkUnsuited':
      return 'Waits for another kind of network. What you write is kept on this device.';
    case 'authRequired':
      return 'Sign in again: the server does not accept you any more. Nothing is lost meanwhile.';
    case 'pausedUntil':
      return 'The server asked for some time; it goes on by itself.';
    case 'tripped':
      return 'The server refuses everything at present; it is tried again from time to time.';
    case 'backoff':
      return 'The server had trouble; trying again soon.';
    case 'dependency':
      return 'A change waits for another one that is not on the server.';
    case 'deadLetters':
      return 'The server refused a change: retry, edit or discard it.';
    case 'conflicts':
      return 'Somebody else changed the same record: decide which stays.';
    case 'quarantined':
      return 'Something on this device can not be read by this version; it is kept.';
    case 'deletesHeld':
      return 'The server says that many records are gone: decide whether they go here too.';
    case 'pullFailed':
      return 'What others changed could not be fetched; it is tried again.';
    case null:
      return plain(status);
  }
}

function plain({ phase, received }: SyncStatus): string {
  if (phase === 'synced') return 'The server has everything.';
  if (phase === 'loading') return 'Reading what this device keeps.';
  if (phase === 'stopped') return 'Not started.';
  return received > 0 ? `${counted(received, 'record')} received.` : 'Changes are on their way.';
}

/** What waits for what, leaving out the zeros. */
export function syncCounts({ pending, syncing, conflicted, failed }: SyncStatus): string[] {
  const parts: [number, string][] = [
    [pending, 'pending'],
    [syncing, 'syncing'],
    [conflicted, 'conflicted'],
    [failed, 'failed'],
  ];
  return parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
}
