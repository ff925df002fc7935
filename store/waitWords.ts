import type { Wait, WaitKind } from './wait.ts';

const plain = {
  disk: 'The change is being written to the disk of this device.',
  storage: 'The storage of this device does not answer; nothing is overwritten, it is tried again.',
  stopped: 'Sync is not running.',
  hydrating: 'What is stored on this device is being read.',
  frozen: 'This page is not in use; it goes on when somebody comes back to it.',
  electing: 'It is being found out which tab of this app leads.',
  readOnly:
    'A newer build of this app has the database; this page only shows until it is reloaded.',
  leader: 'Nothing is heard of the tab that sends for all; another one takes over in a moment.',
  room: 'This device is full; what is changed waits on it until somebody makes room.',
  paused: 'Sync is paused until somebody resumes it.',
  timeTravelling: 'DevTools show another moment; it goes on back in the present.',
  offline: 'There is no network; it is sent when there is one again.',
  networkUnsuited: 'The app does not want to use this kind of network; it waits for another.',
  probing: 'It is being found out whether the server can be reached.',
  unreachable: 'The server does not answer; it is asked again from time to time.',
  parentFailed: 'What it depends on was refused or dropped; cancel it or mend the other.',
  quarantine:
    'This build of the app can not read a stored change of it; the change is kept for one that can.',
  unknownModel:
    'This build of the app does not know its model any more; it is kept for one that does.',
  unsealable: 'No request could be made of it; it is tried anew when it changes.',
  read: 'The record is read from the server first, so that nobody is written over.',
  answer: 'It was sent; the answer of the server is awaited.',
} as const satisfies Partial<Record<WaitKind, string>>;

const lineWords = {
  pausedUntil: 'The server asked for time',
  refreshing: 'New credentials are asked for',
  authRequired: 'Somebody must sign in; nothing is dropped meanwhile',
  tripped: 'The server refuses everything; one request is tried',
  trying: 'The server refused everything; one request at a time is tried',
} as const satisfies Record<Extract<Wait, { kind: 'line' }>['state'], string>;

const format = new Intl.DateTimeFormat('en-GB', {
  ...{ weekday: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' },
});

/** In the time zone of this device. @example 'Thu 12:03:20' */
function clock(ms: number): string {
  return format.format(ms).replace(',', '');
}

function until(ms: number | null): string {
  return ms === null ? '' : ` until ${clock(ms)}`;
}

/** One sentence for people. */
export function wordsOf(wait: Wait): string {
  switch (wait.kind) {
    case 'line':
      return wait.state === 'tripped' && wait.until !== null
        ? `${lineWords.tripped} at ${clock(wait.until)}.`
        : `${lineWords[wait.state]}${until(wait.until)}.`;
    case 'retryAt': {
      // A server's message may be a sentence of its own.
      const why = wait.failure ? `: ${wait.failure.message.replace(/\.$/, '')}` : '';
      const times = wait.attempts === 1 ? 'once' : `${wait.attempts} times`;
      return `It was tried ${times}${why}. The next attempt is due at ${clock(wait.until)}.`;
    }
    case 'blockedBy':
      return `It is blocked by the ${wait.change} of ${wait.model} ${wait.recordId}.`;
    case 'conflict':
      return 'Others changed it too, and somebody must decide what stands.';
    case 'deadLetter': {
      const why = wait.failure ? ` (${wait.failure.message})` : '';
      return `The server refused it for good${why}: edit, retry or discard it.`;
    }
    case 'turn':
      return wait.sealed ? 'It is sealed, and sent in its turn.' : 'It waits for its turn.';
    default:
      return plain[wait.kind];
  }
}
