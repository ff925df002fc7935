import type { SimDevice } from '../../src/testing/device/simDevice.ts';
import { makeRun } from '../../src/testing/history/history.ts';
import type { Plan } from '../../src/testing/plan/plan.ts';

const nobody = () => {};
const hooks = { crashed: nobody, accepted: nobody, ended: nobody };

/** One simulated device whose days a test leads step by step, instead of a plan. */
export function freeRun(seed: number, model: Pick<Plan, 'ids' | 'onReject'>) {
  const run = makeRun(seed, { ...model, devices: 1, steps: [], faults: [] }, hooks);
  const device = run.devices[0] as SimDevice;
  device.open();
  /** Lets virtual time pass (ms). */
  const pass = async (delay: number): Promise<void> => {
    let isOver = false;
    run.world.schedule(delay, () => {
      isOver = true;
    });
    await run.world.run(() => isOver, 20_000);
  };
  return { run, device, pass };
}

export type FreeRun = ReturnType<typeof freeRun>;
