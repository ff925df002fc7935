import { begin, fill, measure } from './soak.ts';
import type { Measure } from './soakBounds.ts';
import type { SoakPage } from './soakDevice.ts';

export interface CyclesOptions {
  readonly seed: number;
  readonly cycles: number;
  readonly ids: 'client' | 'server';
}

const stepsOfACycle = 10_000;

/**
 * What stands on a disk, and what a page holds, before and after so many writes that were made and
 * confirmed one by one, on a device on which everything that has a cap has reached it. Records that
 * are made are removed again; a checkpoint was just written both times.
 */
export async function confirmCycles(options: CyclesOptions): Promise<[Measure, Measure]> {
  const running = begin({ ...options, days: 0, devices: 1 });
  const { world, devices, errors } = running;
  const [device] = devices;
  if (!device) throw new Error('there is no device');
  device.open();
  await fill(running);
  const page = device.page as SoakPage;
  const { sync } = page;
  const { todo } = sync.models;
  const done = async (work: Promise<unknown>): Promise<void> => {
    let state: 'waiting' | 'done' = 'waiting';
    work.then(() => {
      state = 'done';
    });
    await world.run(() => state === 'done', stepsOfACycle);
    if (state === 'waiting') throw errors[0] ?? new Error('a cycle does not end');
  };
  const cycle = (n: number) => {
    const id = `cycle ${n >> 2}`;
    if (n % 4 === 0) return todo.create({ id, title: `made in ${n}` });
    return n % 4 === 3 ? todo.remove(id) : todo.update(id, { title: `changed in ${n}` });
  };
  const measured = async (): Promise<Measure> => {
    await done(sync.persistor.flush());
    return measure(running, device);
  };
  const before = await measured();
  for (let n = 0; n < options.cycles; n++) await done(cycle(n).settled);
  return [before, await measured()];
}
