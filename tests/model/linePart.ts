import type { AnyEventObject, AnyMachineSnapshot } from 'xstate';
import { lineMachine } from '../../machines/line.ts';
import type { Device, Part, PartMove } from './part.ts';

const pauseAsked = { type: 'pauseAsked', retryIn: 1_000 } as const;
const tripped = { type: 'tripped', retryIn: 1_000 } as const;
/** Of no life of the credentials: always from before the last renewal. */
const stale = { type: 'unauthorized', renewals: -1 } as const;

/** An answer says how often credentials had been renewed when its request left. */
function completed(event: AnyEventObject, { context }: AnyMachineSnapshot): AnyEventObject {
  return event.type === 'unauthorized' && event.renewals !== stale.renewals
    ? { ...event, renewals: context.renewals }
    : event;
}

/** Whether pulls may be under way. Late answers to them come to the same as those to requests. */
function mayPull({ snapshots: { engine, connection } }: Device): boolean {
  return engine?.value.role === 'leading' && connection?.value === 'online';
}

/** What `src/engine/wire/lines.ts` does around the machine, and what the answers to pulls tell it. */
function moves(snapshot: AnyMachineSnapshot, device: Device): PartMove[] {
  const { value } = snapshot;
  const made: PartMove[] = [];
  const add = (label: string, actor: PartMove['actor'], event: AnyEventObject, heals = false) => {
    const sends = [{ to: 'line', event: completed(event, snapshot) }];
    made.push({ label, actor, heals, sends });
  };
  if (mayPull(device)) {
    add('a pull is asked to wait', 'server', pauseAsked);
    add('a pull is not let in', 'server', { type: 'unauthorized' });
    add('a pull meets a bad deployment', 'server', tripped);
    // `Lines.welcomed`: it says that we are let in, not that writes are taken.
    if (value === 'renewed') add('a pull is let in', 'server', { type: 'answered' }, true);
  }
  if (value === 'refreshing') {
    add('new credentials come', 'server', { type: 'credentialsRenewed' }, true);
    add('there are none without a person', 'server', { type: 'credentialsDenied' });
  }
  return made;
}

/** How many requests may leave: `Lines.room`. */
function room({ value }: AnyMachineSnapshot): 'all' | 'one' | 'none' {
  if (value === 'open' || value === 'renewed') return 'all';
  return value === 'trying' ? 'one' : 'none';
}

/**
 * What holds the line, by the events alone. While one thing holds it the others are not heard, but
 * for a pause while credentials are renewed: they are said again by the first request that leaves.
 */
function next(known: string, { type, renewals }: AnyEventObject): string {
  if (type === 'resumeRequested') {
    const isOut = ['authRequired', 'credentials', 'credentialsAndPause'].includes(known);
    return isOut ? 'renewed' : 'free';
  }
  if (type.startsWith('xstate.after')) return known === 'deployment' ? 'one' : 'free';
  if (known === 'credentials' || known === 'credentialsAndPause') {
    if (type === 'credentialsRenewed') return known === 'credentials' ? 'renewed' : 'paused';
    if (type === 'pauseAsked') return 'credentialsAndPause';
    return type === 'credentialsDenied' ? 'authRequired' : known;
  }
  if (known === 'paused' || known === 'authRequired' || known === 'deployment') return known;
  if (type === 'answered') return 'free';
  if (type === 'pauseAsked') return 'paused';
  if (type === 'tripped') return 'deployment';
  if (type !== 'unauthorized' || renewals === stale.renewals) return known;
  return known === 'renewed' ? 'authRequired' : 'credentials';
}

const reasons: Readonly<Record<string, string>> = {
  paused: 'the server asked for time',
  credentials: 'new credentials are asked for',
  credentialsAndPause: 'new credentials are asked for, and the server asked for time',
  authRequired: 'a person must sign in',
  deployment: 'everything is refused there',
};

export const linePart: Part = {
  name: 'line',
  machine: lineMachine,
  inputs: [{ label: '', input: undefined }],
  samples: [
    pauseAsked,
    tripped,
    { type: 'unauthorized', renewals: 0 },
    { type: 'unauthorized', renewals: 1 },
  ],
  begins: [],
  ends: [],
  // Counters say how long it waits; which life of the credentials an answer is of is said by the event.
  keyOf: ({ value, context }) =>
    value === 'refreshing' && context.owed > 0 ? 'refreshing, then a pause' : String(value),
  moves,
  view: (snapshot) => ({
    sends: room(snapshot),
    trusts: snapshot.value !== 'tripped' && snapshot.value !== 'trying',
  }),
  waitsForSomebody: ({ value }) => value === 'authRequired',
  hears: {
    committed: { type: 'answered' },
    merged: { type: 'answered' },
    parked: { type: 'answered' },
    rejected: { type: 'answered' },
    underWay: { type: 'answered' },
    unwritten: { type: 'answered' },
    refusedByAll: tripped,
    askedToWait: pauseAsked,
    notLetIn: { type: 'unauthorized' },
    notLetInBefore: stale,
    badDeployment: tripped,
  },
  completed,
  tells: () => [],
  // `Engine.#lineChanged`.
  wakes: (before, after) => before.value !== after.value,
  parked: {
    pausedUntil: ['resumeRequested'],
    refreshing: ['resumeRequested'],
    authRequired: ['resumeRequested'],
    tripped: ['resumeRequested'],
  },
  witness: {
    starts: () => 'free',
    next,
    // What is sealed may wait for the line.
    forbids: (known, what, others) => {
      if (what === 'seals') return null;
      if (known === 'one') return others > 0 ? 'another request is tried' : null;
      return reasons[known] ?? null;
    },
  },
};
