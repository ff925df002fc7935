import { type Reached, type Step, Steps } from './explore.ts';
import type { RecordModel } from './recordModel.ts';
import type { Space } from './space.ts';

const names = ['A', 'B', 'C', 'D'];

/**
 * The way to a state, in words. States keep their records in rising order; here they get their names
 * back, so that record A is the same one all along.
 *
 * @param last the step that leads on from the last state, if it is the step that is wrong
 */
export function pathTo(
  space: Space,
  reached: Reached,
  place: number,
  last: Step | null,
): readonly string[] {
  const places = [place];
  for (let at = place; reached.parents.at(at) >= 0; at = reached.parents.at(at))
    places.unshift(reached.parents.at(at));
  /** Which record stands in which place of the packed state. */
  let order = names.slice(0, space.bounds.records);
  const steps = new Steps(space, reached.packing);
  const words: string[] = [];
  const follow = (step: Step) => {
    const who = step.slot < 0 ? '' : `record ${order[step.slot]}: `;
    words.push(`${who}${step.move.label}  [${situation(space, step, order)}]`);
    const named = step.records.map((record, i) => ({ record, name: order[i] ?? '' }));
    // The same order as the packed state's: a stable sort by number.
    order = named.toSorted((a, b) => a.record - b.record).map(({ name }) => name);
  };
  for (let i = 1; i < places.length; i++) {
    const from = reached.states.at(places[i - 1] ?? 0);
    const to = reached.states.at(places[i] ?? 0);
    let taken: Step | null = null;
    steps.from(from, (step) => {
      if (step.to === to) taken ??= { ...step, records: [...step.records] };
    });
    if (taken) follow(taken);
  }
  if (last) follow(last);
  return words;
}

/** `leading.running, online; A pending 2` */
function situation(space: Space, step: Step, order: readonly string[]): string {
  const { page, snapshots } = space.devices.get(step.device);
  const device = Object.values(snapshots).map(({ value }) =>
    typeof value === 'string' ? value : Object.values(value).join(' and '),
  );
  const records = step.records.map((record, i) => [order[i], record] as const);
  const words = records
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))
    .map(([name, record]) => `${name} ${recordWords(space.records.get(record))}`);
  return [page === 'open' ? device.join(', ') : `page ${page}`, ...words].join('; ');
}

function recordWords({ state, outbox, tail, requests }: RecordModel): string {
  const queued = outbox.length > 0 ? ` ${outbox.length}` : '';
  const saving = tail.length > 0 ? ` +${tail.length} saving` : '';
  const underWay = requests.length > 0 ? `, ${requests.length} under way` : '';
  return `${state}${queued}${saving}${underWay}`;
}
