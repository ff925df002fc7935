import type { Step } from './explore.ts';
import { goesOn, isResting, recordTrouble, type Trouble, type Work, workOf } from './properties.ts';
import type { Space } from './space.ts';

/** A function of a number, asked once for each. */
function once<Value>(answer: (number: number) => Value): (number: number) => Value {
  const known: Value[] = [];
  return (number) => {
    let value = known[number];
    if (value === undefined) {
      value = answer(number);
      known[number] = value;
    }
    return value;
  };
}

/** The properties, asked by number: millions of states consist of few devices and records. */
export function askedOf(space: Space) {
  const record = (number: number) => space.records.get(number);
  const work = once((both): Work => workOf(record(both >> 6), space.views.get(both & 63)));
  const works = once((device) => space.views.get(space.viewOf(device)).works);
  const standstill = once((both): Trouble | null => {
    const [number, view] = [both >> 6, both & 63];
    const edges = space.recordEdges(number, view);
    if (goesOn(record(number), space.views.get(view), edges)) return null;
    return { property: 'goesOn', why: `a record is ${record(number).state}, and nothing is next` };
  });
  return {
    trouble: once((number) => recordTrouble(record(number))),
    standstill: (number: number, view: number) => standstill((number << 6) | view),
    isResting: once((number) => isResting(record(number))),
    needsSomebody: once((device) => space.needsSomebody(device)),
    needsNobody: once((number) => !['failed', 'conflicted'].includes(record(number).state)),
    works,
    /** Whether a step to where work may be done makes some possible that nobody looks at. */
    unwoken: (step: Step, device: number, records: readonly number[]): Trouble | null => {
      const [before, after] = [space.viewOf(device), space.viewOf(step.device)];
      for (const [slot, number] of step.records.entries()) {
        const now = work((number << 6) | after);
        const was = work(((records[slot] ?? 0) << 6) | before);
        if (now === 'none' || now === was) continue;
        return { property: 'woken', why: `a record is ${record(number).state}, and nobody looks` };
      }
      return null;
    },
  };
}
