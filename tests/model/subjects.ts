import { recordMachine } from '../../machines/record.ts';
import { eventName, type RecordLaw, recordEvents } from './law.ts';
import type { Subject } from './machineCheck.ts';
import type { Part } from './part.ts';

/** The record's machine; `synced` begins anew with the next edit, as `saving`. */
export function recordSubject(machine: Subject['machine'] = recordMachine): Subject {
  return {
    ...{ name: 'record', machine, inputs: [undefined], events: Object.values(recordEvents) },
    keyOf: ({ value }) => String(value),
    reborn: { from: 'synced', to: 'saving' },
    parked: { failed: ['retried', 'edited', 'discarded'], conflicted: ['resolved'] },
  };
}

export function partSubject({ name, machine, inputs, samples, keyOf, parked = {} }: Part): Subject {
  const starts = inputs.map(({ input }) => input);
  const sample = (type: string) => {
    const given = samples.filter((event) => event.type === type);
    return given.length > 0 ? given : [{ type }];
  };
  const events = machine.events.flatMap(sample);
  return { name, machine, inputs: starts, events, keyOf, parked };
}

/** The cells of the record's table, with the guard classes told apart. */
export function recordCells(law: RecordLaw, machine: Subject['machine'] = recordMachine): string[] {
  return Object.keys(machine.states).flatMap((state) =>
    Object.values(recordEvents)
      .filter((event) => law(state as Parameters<RecordLaw>[0], event) !== null)
      .map((event) => `${state} × ${eventName(event)}`),
  );
}
