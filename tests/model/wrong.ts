import { type AnyStateMachine, createMachine } from 'xstate';
import { recordMachine } from '../../machines/record.ts';
import { check } from './check.ts';
import { connectionPart } from './connectionPart.ts';
import { enginePart } from './enginePart.ts';
import { lawOf } from './law.ts';
import { linePart } from './linePart.ts';
import { checkMachine, type MachinePropertyId } from './machineCheck.ts';
import type { Part } from './part.ts';
import type { PropertyId } from './properties.ts';
import { shippedScheduler } from './recordMove.ts';
import { shipped } from './shipped.ts';
import type { Bounds, Composition } from './space.ts';
import { partSubject, recordSubject } from './subjects.ts';
import { unreachedStates } from './unreached.ts';

/** A mistake made on purpose, to see that the check finds it. */
export interface Wrong {
  readonly mistake: string;
  readonly property: PropertyId | MachinePropertyId;
  readonly composition: Composition;
  /** Where it shows; the smallest bounds that are left out. */
  readonly bounds?: Bounds;
  /** The machine that the mistake is in, if it is not around them. */
  readonly subject?: ReturnType<typeof recordSubject>;
}

export interface Found {
  readonly property: PropertyId | MachinePropertyId;
  readonly why: string;
  readonly path: readonly string[];
}

/** Small, so that a mistake is found at once. */
const small: Bounds = { records: 1, operations: 2, acts: 0, clears: false, closes: false };
/** The same with a line that closes. */
const closing: Bounds = { records: 1, operations: 1, acts: 0, clears: false, closes: true };
/** Two that may be tried. */
const both: Bounds = { ...closing, records: 2 };

/** What the check says of it: of the machine by itself, and of the whole. */
export function findIn({ composition, subject, bounds = small }: Wrong): readonly Found[] {
  const excused = Object.keys((subject && unreachedStates[subject.name]) ?? {});
  const byItself = subject ? checkMachine(subject, excused).violations : [];
  const { violation } = check(composition, bounds);
  return violation ? [...byItself, violation] : byItself;
}

function replaced(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  const { [key]: before, ...others } = (value ?? {}) as Record<string, unknown>;
  const after = replaced(before, rest, to);
  return after === undefined ? others : { ...others, [key]: after };
}

/** The machine with its configuration changed in one place; undefined takes it away. */
function bent(machine: AnyStateMachine, place: string, to: unknown): AnyStateMachine {
  const config = replaced(machine.config, place.split('.'), to);
  return createMachine(config as never, machine.implementations as never);
}

function wrongRecord(
  mistake: string,
  property: Wrong['property'],
  place: string,
  to: unknown,
): Wrong {
  const machine = bent(recordMachine, place, to);
  const composition = { ...shipped, law: lawOf(machine) };
  return { mistake, property, composition, subject: recordSubject(machine) };
}

function wrongPart(mistake: string, property: Wrong['property'], part: Part): Wrong {
  const parts = shipped.parts.map((item) => (item.name === part.name ? part : item));
  return { mistake, property, composition: { ...shipped, parts } };
}

function wrongMachine(
  mistake: string,
  property: Wrong['property'],
  part: Part,
  place: string,
  to?: unknown,
): Wrong {
  const wrong: Part = { ...part, machine: bent(part.machine, place, to) };
  return { ...wrongPart(mistake, property, wrong), subject: partSubject(wrong) };
}

function wrongScheduler(
  mistake: string,
  property: Wrong['property'],
  wrong: Partial<Composition['scheduler']>,
  law = shipped.law,
): Wrong {
  const scheduler = { ...shippedScheduler, ...wrong };
  return { mistake, property, composition: { ...shipped, scheduler, law } };
}

/** The kit as it would be if a tab that does not lead any more kept its line and its connection. */
const unretired: Part = {
  ...enginePart,
  moves: (snapshot, device) =>
    enginePart.moves(snapshot, device).map(({ retires: _, ...move }) => ({ ...move, notices: [] })),
};

const sealsAgain = lawOf(bent(recordMachine, 'states.syncing.on.sealed', { target: 'syncing' }));

export const wrongs: readonly Wrong[] = [
  wrongRecord('a dead letter that nothing ends', 'exit', 'states.failed.on', { recorded: {} }),
  wrongRecord(
    'a conflict that no person can resolve',
    'person',
    'states.conflicted.on.resolved',
    undefined,
  ),
  wrongRecord(
    'a discarded dead letter takes what stands behind it along',
    'kept',
    'states.failed.on.discarded',
    { target: 'synced' },
  ),
  wrongRecord('an edit makes a failed record synced', 'kept', 'states.failed.on.recorded', {
    target: 'synced',
  }),
  wrongRecord('an edit makes a sealed record pending', 'truthful', 'states.syncing.on.recorded', {
    target: 'pending',
  }),
  wrongRecord('an attempt in backoff unseals', 'legal', 'states.backoff.on.attemptStarted', {
    target: 'pending',
  }),
  wrongRecord('a record that is never sealed', 'reached', 'states.pending.on.sealed', undefined),
  wrongScheduler(
    'a second request is sealed over the first',
    'sealed',
    {
      maySeal: (record, view) => view.works && ['pending', 'syncing'].includes(record.state),
    },
    sealsAgain,
  ),
  wrongScheduler('a second request while one is under way', 'single', {
    maySend: (record, view) =>
      view.works && record.state === 'syncing' && record.requests.length < 2,
  }),
  wrongScheduler('only lanes of one operation are sealed', 'goesOn', {
    maySeal: (record, view) =>
      view.works && record.state === 'pending' && record.outbox.length === 1,
  }),
  wrongMachine('a pause that is not heard', 'held', enginePart, 'states.run.states.running.on', {}),
  wrongMachine(
    'DevTools that come back end a pause',
    'held',
    enginePart,
    'states.run.states.paused.on.returned',
    'running',
  ),
  wrongMachine(
    'a pause that nothing ends',
    'noTrap',
    enginePart,
    'states.run.states.paused.on',
    {},
  ),
  wrongMachine(
    'an overtaken tab goes on sending',
    'held',
    unretired,
    'states.role.states.leading.on.fenced',
    undefined,
  ),
  wrongMachine(
    'a tab whose lock was stolen goes on sending',
    'held',
    unretired,
    'states.role.states.leading.on.stolen',
    undefined,
  ),
  wrongMachine(
    'a frozen page goes on sending',
    'held',
    unretired,
    'states.role.states.leading.on.frozen',
    undefined,
  ),
  wrongMachine(
    'a page that was frozen stays so',
    'rests',
    enginePart,
    'states.role.states.frozen.on.thawed',
    undefined,
  ),
  wrongMachine(
    'a follower that never leads',
    'rests',
    enginePart,
    'states.role.states.following.on.elected',
    undefined,
  ),
  wrongMachine(
    'a storage that failed is never asked again',
    'rests',
    enginePart,
    'states.role.states.blocked.on',
    {},
  ),
  wrongPart('the scheduler does not ask whether it is paused', 'held', {
    ...enginePart,
    view: (snapshot) => ({
      ...enginePart.view(snapshot),
      works: snapshot.value.role === 'leading' && snapshot.value.moment === 'present',
    }),
  }),
  wrongMachine(
    'a connection that never leaves waiting',
    'alone',
    connectionPart,
    'states.waiting.after',
    undefined,
  ),
  wrongMachine(
    'a probe without an answer brings the network back',
    'held',
    connectionPart,
    'states.probing.on.probeFailed',
    'online',
  ),
  wrongPart('nobody is woken when the network is back', 'woken', {
    ...connectionPart,
    wakes: () => false,
  }),
  wrongMachine(
    'a network of the wrong kind is used',
    'held',
    connectionPart,
    'states.online.on.networkUnsuited',
  ),
  {
    ...wrongMachine(
      'a line that never leaves authRequired',
      'exit',
      linePart,
      'states.authRequired.on',
      {},
    ),
    bounds: closing,
  },
  {
    ...wrongMachine(
      'a line that tripped and tries nothing',
      'alone',
      linePart,
      'states.tripped.after',
      undefined,
    ),
    bounds: closing,
  },
  {
    ...wrongScheduler('what is sealed is sent while the server asked for time', 'held', {
      maySend: (record, view) => shippedScheduler.maySend(record, { ...view, sends: 'all' }),
    }),
    bounds: closing,
  },
  {
    ...wrongMachine(
      'new credentials that nobody hears of',
      'alone',
      linePart,
      'states.refreshing.on.credentialsRenewed',
      undefined,
    ),
    bounds: closing,
  },
  {
    ...wrongScheduler('more than one request is tried', 'held', { mostAtOnce: () => null }),
    bounds: both,
  },
  {
    ...wrongPart('nobody is woken when the line opens', 'woken', {
      ...linePart,
      wakes: () => false,
    }),
    bounds: closing,
  },
];
