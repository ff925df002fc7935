import type { AnyMachineSnapshot } from 'xstate';
import { type EngineEvent, engineMachine } from '../../machines/engine.ts';
import type { Device, Part, PartMove } from './part.ts';

/**
 * What `src/engine/engine.ts` does around the engine's machine. Storage answers or not as it likes;
 * DevTools are noticed only by a tab that leads, as in `Engine.#isHere`.
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
  switch (role) {
    case 'hydrating':
      add('the facts are read', 'disk', ['hydrated'], { heals: true });
      fails();
      break;
    case 'blocked':
      add('the storage answers again', 'disk', ['storageRecovered'], { heals: true });
      break;
    case 'electing':
      // `#lead` and `#recovered` wake.
      if (lock !== 'queued')
        add('it takes the lead', 'kit', ['elected'], { heals: true, lock: 'ours', wakes: true });
      // `Lines.restore`.
      if (lock !== 'queued' && snapshots.line?.value === 'open') {
        const sends = [
          { to: 'engine', event: { type: 'elected' } },
          { to: 'line', event: { type: 'pauseAsked', retryIn: 1_000 } },
        ];
        const label = 'it takes the lead, and a pause of an earlier life is not over';
        made.push({ label, actor: 'kit', heals: false, sends, lock: 'ours', wakes: true });
      }
      if (lock === 'none')
        add('another tab is open', 'otherTab', ['lockHeld'], {
          ...{ lock: 'queued', notices: ['tailRejected'] },
        });
      fails();
      break;
    case 'readOnly':
      if (lock === 'queued')
        add('the other tab goes', 'otherTab', ['elected'], {
          ...{ heals: true, lock: 'ours', notices: ['reread'] },
        });
      // Overtaken with the lock in its hand it asks for none any more (`#elect`).
      else add('a person opens the page anew', 'person', [], { heals: true, reopens: true });
      break;
    case 'leading':
      fails();
      add('another tab takes the lead', 'otherTab', ['fenced', 'lockHeld'], {
        notices: ['tailRejected'],
      });
      if (moment === 'present') add('DevTools show the past', 'devTools', ['jumped']);
      else add('DevTools come back', 'devTools', ['returned'], { heals: true, wakes: true });
      break;
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
    case 'lockHeld':
    case 'fenced':
    case 'stopped':
      return { ...known, read: type === 'fenced' && known.read, leads: false };
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
    folds: role === 'leading' && moment === 'present',
    waits: role === 'blocked',
    doubtful: role === 'leading' || role === 'blocked',
    works: role === 'leading' && run === 'running' && moment === 'present',
  }),
  waitsForSomebody: ({ value: { role, run, moment } }) =>
    role === 'readOnly' || role === 'stopped' || run !== 'running' || moment !== 'present',
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
