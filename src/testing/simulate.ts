import { valuesOf } from '../../store/pages.ts';
import { InvariantBroken, makeRun, type Run } from './history.ts';
import { checkDisk, checkEndings, checkLedger, checkQuiet, checkStep } from './invariants.ts';
import { checkedPlan, type Plan } from './plan.ts';
import { idsOf, type ServerFactory, type ServerNeeds } from './serverPort.ts';
import { SimServer } from './simServer.ts';

export interface SimulateOptions {
  /** What stands behind the net; the simulated server where nothing else is said. */
  readonly server?: ServerFactory;
}

export interface SimulationResult {
  readonly steps: number;
  readonly trace: string;
  /** How many faults of the plan struck. */
  readonly fired: number;
  /** Kinds of durable steps per device, in order: where a crash can be put. */
  readonly points: readonly (readonly string[])[];
  readonly requests: number;
}

/** Virtual ms after the last step in which everything must settle: 3 x the longest wait, and room. */
const settleBound = 3 * 300_000 + 120_000;
/** ms after which nothing that was sent is still on its way, and no step waits for its page. */
const stragglers = 45_000;
const stepLimit = 60_000;

const simulatedServer = ({ seed, serverIds }: ServerNeeds) =>
  new SimServer({ serverIds, newId: idsOf(seed) });

/**
 * Runs a plan to its end: the steps and faults, then quiet (no more faults, two pulls each), and
 * checks the invariants all along.
 * @throws InvariantBroken for a broken promise
 * @throws SimulationError for a plan that is none, or one that never ends
 */
export async function simulate(
  seed: number,
  given: Plan,
  { server: open = simulatedServer }: SimulateOptions = {},
): Promise<SimulationResult> {
  const plan = checkedPlan(given);
  const server = await open({ seed, serverIds: plan.ids === 'server' ? ['todos'] : [] });
  try {
    return await simulateWith(makeRun(seed, plan, server), plan);
  } finally {
    await server.close?.();
  }
}

async function simulateWith(run: Run, plan: Plan): Promise<SimulationResult> {
  const { world, devices } = run;
  for (const device of devices) device.open();
  const start = world.now;
  let lastStep = 0;
  for (const step of plan.steps) {
    lastStep = Math.max(lastStep, step.at);
    const attempt = (left: number): void => {
      if (devices[step.device]?.act(step) || left === 0) return;
      world.schedule(200, () => attempt(left - 1));
    };
    world.schedule(step.at, () => attempt(50));
  }
  for (const fault of plan.faults)
    if (fault.on === 'time') lastStep = Math.max(lastStep, fault.at + (fault.for ?? 0));
  await step(run, () => world.now >= start + lastStep + stragglers);
  run.heal();
  await settle(run);
  return {
    steps: world.steps,
    trace: world.trace,
    fired: run.fired.size,
    points: devices.map((device) => device.disk.points),
    requests: run.net.attempts.length,
  };
}

async function step(run: Run, done: () => boolean): Promise<void> {
  let wake = false;
  // The world must go on until the moment, also when nothing else happens.
  const tick = () => {
    if (done()) wake = true;
    else run.world.schedule(1_000, tick);
  };
  tick();
  await run.world.run(() => {
    checkStep(run);
    return wake || done();
  }, stepLimit);
}

/** Everything heals; then all must come to rest within the bound, and agree. */
async function settle(run: Run): Promise<void> {
  const { world, devices } = run;
  const end = world.now + settleBound;
  const isResting = () =>
    devices.every((device) => {
      if (!device.life) return false;
      const { sequenced, tail, ephemeral } = device.life.state();
      const held = new Set(valuesOf(sequenced.quarantine).map((item) => item.lane?.recordId));
      const moving = valuesOf(sequenced.lanes).some(
        ({ state, recordId }) =>
          state !== 'failed' && state !== 'conflicted' && !held.has(recordId),
      );
      return (
        ephemeral.role === 'leading' &&
        tail.size === 0 &&
        !moving &&
        Object.keys(ephemeral.underWay).length === 0
      );
    });
  for (let round = 0; round < 2; round++) {
    await step(run, () => isResting() || world.now > end);
    if (!isResting()) throw new InvariantBroken('I14', 'not everything came to rest in time');
    for (const device of devices) await pullUntilDone(run, device, end);
  }
  await step(run, () => isResting() || world.now > end);
  checkLedger(run);
  checkEndings(run);
  for (const device of devices) {
    const disk = await device.onDisk();
    checkDisk(run, device, disk);
    checkQuiet(run, device, disk);
  }
}

async function pullUntilDone(run: Run, device: Run['devices'][number], end: number): Promise<void> {
  let state = 'again' as 'asked' | 'done' | 'again';
  while (state !== 'done') {
    if (run.world.now > end) throw new InvariantBroken('I14', 'a pull does not come to its end');
    state = 'asked';
    await step(run, () => device.life !== null);
    const { life } = device;
    const pull = life?.sync.models.todo.pull();
    pull?.then(
      (result) => {
        state = result.status === 'done' ? 'done' : 'again';
      },
      () => {
        state = 'again';
      },
    );
    // A page that dies (a fault that was under way when everything healed) takes its pull with it.
    await step(run, () => state !== 'asked' || device.life !== life || run.world.now > end);
    if (state === 'asked') state = 'again';
  }
}
