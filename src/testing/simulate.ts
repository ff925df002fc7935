import type { Facts } from '../../store/facts.ts';
import { valuesOf } from '../../store/pages.ts';
import { InvariantBroken, makeRun, type Run } from './history.ts';
import { checkDisk, checkEndings, checkLedger, checkQuiet, checkStep } from './invariants.ts';
import { checkPage } from './pageChecks.ts';
import { checkedPlan, type Plan } from './plan.ts';
import type { SimDevice } from './simDevice.ts';
import { checkWire } from './wireChecks.ts';

/** A request and its answer, as the page that asked saw them (ms from the beginning). */
export interface Exchange {
  readonly device: number;
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly from: number;
  /** Null: no answer came. */
  readonly to: number | null;
}

/** A page that died, and the facts that its disk had then. */
export interface Crash {
  readonly device: number;
  /** ms from the beginning. */
  readonly at: number;
  readonly facts: Facts;
}

export interface SimulationResult {
  readonly steps: number;
  readonly trace: string;
  /** How many faults of the plan struck. */
  readonly fired: number;
  /** Kinds of durable steps per device, in order: where a crash can be put. */
  readonly points: readonly (readonly string[])[];
  /** How many of `points` came before everything healed: a crash can be put at those alone. */
  readonly crashable: readonly number[];
  readonly requests: number;
  /** Those before everything healed. */
  readonly exchanges: readonly Exchange[];
  readonly crashes: readonly Crash[];
}

/** Virtual ms after the last step in which everything must settle: 3 x the longest wait, and room. */
const settleBound = 3 * 300_000 + 120_000;
/** ms after which nothing that was sent is still on its way, and no step waits for its page. */
const stragglers = 45_000;
const stepLimit = 60_000;

/**
 * Runs a plan to its end: the steps and faults, then quiet (no more faults, two pulls each), and
 * checks the invariants all along.
 * @throws InvariantBroken for a broken promise
 * @throws SimulationError for a plan that is none, or one that never ends
 */
export async function simulate(seed: number, given: Plan): Promise<SimulationResult> {
  const plan = checkedPlan(given);
  const crashes: Crash[] = [];
  const run = makeRun(seed, plan, (device) => {
    crashed(run, device, crashes).catch((error) => run.errors.push(error));
  });
  const { world, devices, start } = run;
  for (const device of devices) device.open();
  let lastStep = 0;
  for (const step of plan.steps) {
    lastStep = Math.max(lastStep, step.at);
    const attempt = (left: number): void => {
      if (step.do === 'pull' && step.at % 3 === 0 && left === 50) run.server.expireCursors();
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
  checkWire(run, plan);
  return {
    steps: world.steps,
    trace: world.trace,
    fired: run.fired.size,
    points: devices.map((device) => device.disk.points),
    crashable: run.healed?.points ?? [],
    requests: run.net.attempts.length,
    exchanges: run.net.attempts.slice(0, run.healed?.requests).map((attempt) => {
      const { device, method, path, key, from, to } = attempt;
      return { device, method, path, key, from: from - start, to: to === null ? to : to - start };
    }),
    crashes,
  };
}

/** What the page leaves behind must hold at once, whatever the next one makes of it. */
async function crashed(run: Run, device: SimDevice, crashes: Crash[]): Promise<void> {
  const at = run.world.now - run.start;
  const facts = await device.onDisk();
  crashes.push({ device: device.index, at, facts });
  checkDisk(run, device, facts);
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
    for (const device of run.devices) checkPage(device);
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
