import type { AnyMachineSnapshot } from 'xstate';
import { type EngineEvent, engineMachine } from '../../machines/engine.ts';
import type { Device, Part, PartMove } from './part.ts';

/** `Leadership.#retire`: line and connection are the leader's, and go with the lead. */
const retired = { notices: ['letGo'], retires: true } as const;

/** `Lines.restore`: a pause that an earlier life or another leader was asked for. */
const restored = { to: 'line', event: { type: 'pauseAsked', retryIn: 1_000 } };

/**
 * What `src/engine/` does around the engine's machine. Storage answers or not as it likes; DevTools
 * are noticed by a tab that reads on or leads (`Engine.#isHere`); other tabs come, lead, and go.
 */
function moves(snapshot: AnyMachineSnapshot, { lock, snapshots }: Device): PartMove[] {
  const { role, moment } = snapshot.value as { role: string; moment: string };
  const made: PartMove[] = [];
  const add = (
    label: string,
    actor: PartMove['actor'],
    events: readonly EngineEvent['type'][],
    more: Partial<PartMove> = {},
  ) => {
    const sends = events.map((type) => ({ to: 'engine', event: { type } }));
    made.push({ label, actor, heals: false, sends, ...more });
  };
  const fails = () => add('the storage does not answer', 'disk', ['storageFailed']);
  const outdated = () =>
    add('a newer build takes the database', 'otherTab', ['outdated'], {
      ...{ lock: 'none', notices: ['letGo', 'tailRejected'], retires: true },
    });
  const freezes = () =>
    add('the page is frozen', 'platform', ['frozen'], { ...retired, lock: 'none' });
  const leads = (label: string, actor: PartMove['actor']) => {
    // A tab that led before, or never did, has its line and its connection.
    const renews = snapshots.connection === undefined;
    const more = { heals: true, lock: 'ours', wakes: true, renews } as const;
    add(label, actor, ['elected'], more);
    if (snapshots.line?.value !== 'open' && !renews) return;
    const sends = [{ to: 'engine', event: { type: 'elected' } }, restored];
    made.push({ label: `${label}, and a pause is not over`, actor, sends, ...more, heals: false });
  };
  switch (role) {
    case 'hydrating':
      add('the facts are read', 'disk', ['hydrated'], { heals: true });
      fails();
      break;
    case 'blocked':
      add('the storage answers again', 'disk', ['storageRecovered'], { heals: true });
      break;
    case 'electing':
      // `Leadership.#lead` and `Engine.#recovered` wake.
      if (lock !== 'queued') leads('it takes the lead', 'kit');
      else leads('the other tab has gone', 'otherTab');
      if (lock === 'none')
        add('another tab leads', 'otherTab', ['followed'], { ...retired, lock: 'queued' });
      if (lock === 'queued') add('it follows as before', 'kit', ['followed'], { heals: true });
      fails();
      outdated();
      freezes();
      break;
    case 'following':
      // It goes, or it gives no sign and its lock is stolen: a follower waits for nobody.
      leads('the lock is free, or is stolen from a tab that is silent', 'time');
      add('the other tab sends what there is', 'otherTab', [], { notices: ['reread'] });
      add('a person pauses in another tab', 'otherTab', ['pauseTold']);
      add('a person resumes in another tab', 'otherTab', ['resumeTold'], { heals: true });
      devTools();
      fails();
      outdated();
      freezes();
      break;
    case 'frozen':
      add('the page is thawed', 'platform', ['thawed'], { heals: true, notices: ['reread'] });
      fails();
      outdated();
      break;
    case 'readOnly':
      add('a person opens the page anew', 'person', [], { heals: true, reopens: true });
      break;
    case 'leading':
      add('another tab raises the fence', 'otherTab', ['fenced'], { ...retired, lock: 'queued' });
      add('another tab steals the lock', 'otherTab', ['stolen'], { ...retired, lock: 'queued' });
      devTools();
      fails();
      outdated();
      freezes();
      break;
  }
  function devTools() {
    if (moment === 'present') add('DevTools show the past', 'devTools', ['jumped']);
    else add('DevTools come back', 'devTools', ['returned'], { heals: true, wakes: true });
  }
  add('a person pauses', 'person', ['pauseRequested']);
  const resume = { to: 'engine', event: { type: 'resumeRequested' } };
  // A person wants to try now: `Engine.resume` wakes the connection and every line as well.
  const isUnsuited = snapshots.connection?.context.hinted === 'unsuited';
  const word = isUnsuited ? 'networkUnsuited' : 'networkCame';
  const hint = { to: 'connection', event: { type: word } };
  const line = { to: 'line', event: { type: 'resumeRequested' } };
  const label = 'a person resumes';
  made.push({ label, actor: 'person', heals: true, sends: [resume, line, hint], wakes: true });
  return made;
}

interface Known {
  readonly read: boolean;
  readonly leads: boolean;
  readonly paused: boolean;
  readonly past: boolean;
}

function next(known: Known, type: EngineEvent['type']): Known {
  switch (type) {
    case 'hydrated':
      return { ...known, read: true };
    case 'elected':
      return { ...known, leads: known.read };
    case 'storageFailed':
    case 'outdated':
    case 'stopped':
      return { ...known, read: false, leads: false };
    case 'followed':
    case 'fenced':
    case 'stolen':
    case 'frozen':
      return { ...known, leads: false };
    case 'pauseTold':
      return { ...known, paused: true };
    case 'resumeTold':
      return { ...known, paused: false };
    case 'pauseRequested':
      return { ...known, paused: true };
    case 'resumeRequested':
      return { ...known, paused: false, past: false };
    case 'jumped':
      return { ...known, past: true };
    case 'returned':
      return { ...known, past: false };
    default:
      return known;
  }
}

/** Roles with a journal that is written and read. */
const writers: readonly string[] = ['electing', 'leading', 'following'];

export const enginePart: Part = {
  name: 'engine',
  machine: engineMachine,
  inputs: [{ label: '', input: undefined }],
  samples: [],
  begins: [{ type: 'started' }],
  ends: [{ type: 'stopped' }],
  keyOf: ({ value }) => `${value.role}.${value.run}.${value.moment}`,
  moves,
  view: ({ value: { role, run, moment } }) => ({
    accepts: role !== 'readOnly',
    folds: writers.includes(role) && moment === 'present',
    leads: role === 'leading' && moment === 'present',
    waits: role === 'blocked',
    doubtful: writers.includes(role) || role === 'blocked' || role === 'frozen',
    works: role === 'leading' && run === 'running' && moment === 'present',
  }),
  waitsForSomebody: ({ value: { role, run, moment } }) =>
    ['readOnly', 'stopped', 'frozen'].includes(role) || run !== 'running' || moment !== 'present',
  hears: {},
  tells: () => [],
  wakes: () => false,
  witness: {
    starts: () => JSON.stringify({ read: false, leads: false, paused: false, past: false }),
    next: (known, { type }) =>
      JSON.stringify(next(JSON.parse(known) as Known, type as EngineEvent['type'])),
    forbids: (known) => {
      const { leads, paused, past } = JSON.parse(known) as Known;
      if (!leads) return 'this tab does not lead';
      if (paused) return 'a person paused it';
      return past ? 'DevTools show the past' : null;
    },
  },
};
