import type { AnyMachineSnapshot } from 'xstate';
import { connectionMachine } from '../../machines/connection.ts';
import type { Notice } from './notices.ts';
import type { Part, PartMove } from './part.ts';

const probeFailed = { type: 'probeFailed', retryIn: 1_000 } as const;

/** What `src/engine/wire/connection.ts` does around the connection's machine. */
function moves(snapshot: AnyMachineSnapshot): PartMove[] {
  const send = (type: string) => [{ to: 'connection', event: { type } }];
  const made: PartMove[] = [
    // Hints heal nothing: the kit must come back without them. Only a network that the app does not
    // want is left no other way.
    {
      ...{ label: 'the platform says that there is a network', actor: 'platform' },
      ...{ heals: snapshot.value === 'unsuited', sends: send('networkCame') },
    },
    {
      ...{ label: 'the platform says that there is none', actor: 'platform', heals: false },
      sends: send('networkWent'),
    },
    {
      ...{ label: 'the platform says that it is of the wrong kind', actor: 'platform' },
      ...{ heals: false, sends: send('networkUnsuited') },
    },
  ];
  if (snapshot.value === 'probing') {
    made.push({
      ...{ label: 'the probe is answered', actor: 'network', heals: true },
      sends: send('probeSucceeded'),
    });
    made.push({
      ...{ label: 'the probe is not answered', actor: 'network', heals: false },
      sends: [{ to: 'connection', event: probeFailed }],
    });
  }
  if (snapshot.value === 'online') {
    made.push({
      ...{ label: 'a pull gets no answer', actor: 'network', heals: false },
      sends: send('requestFailed'),
    });
  }
  return made;
}

function isAway({ value }: AnyMachineSnapshot): boolean {
  return value === 'offline' || value === 'waiting' || value === 'unsuited';
}

/** `Connection.#entered`: what was in doubt learns what the probe found. */
function tells(before: AnyMachineSnapshot, after: AnyMachineSnapshot): Notice[] {
  if (before.value === after.value) return [];
  if (after.value === 'online') return ['reached'];
  return isAway(after) ? ['unreachable'] : [];
}

export const connectionPart: Part = {
  name: 'connection',
  machine: connectionMachine,
  inputs: [
    { label: 'with a network', input: { hinted: 'present' } },
    { label: 'without a network', input: { hinted: 'absent' } },
    { label: 'with a network of the wrong kind', input: { hinted: 'unsuited' } },
  ],
  samples: [probeFailed],
  begins: [],
  ends: [],
  // `failures` and `retryIn` say when the next probe is, not what may happen.
  keyOf: ({ value, context }) => `${value}.${context.hinted}`,
  moves,
  view: (snapshot) => ({
    works: snapshot.value === 'online',
    reach: isAway(snapshot) ? 'away' : 'asks',
  }),
  // No timer leads out: the app does not want this network.
  waitsForSomebody: ({ value }) => value === 'unsuited',
  hears: { noAnswer: { type: 'requestFailed' } },
  tells,
  // `Engine.#connectionChanged`.
  wakes: (before, after) => after.value === 'online' && before.value !== 'online',
  witness: {
    starts: (input) => {
      const { hinted } = input as { hinted: string };
      if (hinted === 'present') return 'up';
      return hinted === 'unsuited' ? 'unwanted' : 'in doubt';
    },
    next: (known, { type }) => {
      if (type === 'networkUnsuited') return 'unwanted';
      if (known === 'unwanted') return type.startsWith('network') ? 'in doubt' : known;
      if (type === 'requestFailed' || type === 'networkWent') return 'in doubt';
      return type === 'probeSucceeded' ? 'up' : known;
    },
    forbids: (known) => {
      if (known === 'unwanted') return 'the app does not want this network';
      return known === 'up' ? null : 'it is not known that the server can be reached';
    },
  },
};
