import type { AnyMachineSnapshot } from 'xstate';
import { connectionMachine } from '../../machines/connection.ts';
import type { Notice } from './notices.ts';
import type { Part, PartMove } from './part.ts';

const probeFailed = { type: 'probeFailed', retryIn: 1_000 } as const;

/** What `src/engine/connection.ts` does around the connection's machine. */
function moves(snapshot: AnyMachineSnapshot): PartMove[] {
  const send = (type: string) => [{ to: 'connection', event: { type } }];
  const made: PartMove[] = [
    // Hints heal nothing: the kit must come back without them.
    {
      ...{ label: 'the platform says that there is a network', actor: 'platform', heals: false },
      sends: send('networkCame'),
    },
    {
      ...{ label: 'the platform says that there is none', actor: 'platform', heals: false },
      sends: send('networkWent'),
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
  return value === 'offline' || value === 'waiting';
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
  waitsForSomebody: () => false,
  hears: { noAnswer: { type: 'requestFailed' } },
  tells,
  // `Engine.#connectionChanged`.
  wakes: (before, after) => after.value === 'online' && before.value !== 'online',
  witness: {
    starts: (input) => ((input as { hinted: string }).hinted === 'present' ? 'up' : 'in doubt'),
    next: (known, { type }) => {
      if (type === 'requestFailed' || type === 'networkWent') return 'in doubt';
      return type === 'probeSucceeded' ? 'up' : known;
    },
    forbids: (known) => (known === 'up' ? null : 'it is not known that the server can be reached'),
  },
};
