import type { Facts } from '../../store/facts.ts';
import { checkFeed } from './checks/feedChecks.ts';
import { checkAccepted, checkDisk, checkStep } from './checks/invariants.ts';
import { checkEnded } from './checks/ledgerChecks.ts';
import { checkSame } from './checks/recovery.ts';
import { checkForgotten, checkShelved } from './checks/shelfChecks.ts';
import { checkWire } from './checks/wireChecks.ts';
import type { SimDevice, SimDeviceHooks } from './device/simDevice.ts';
import { InvariantBroken, makeRun, needsOf, type Run, simulatedServer } from './history/history.ts';
import { type Strike, strikesOf } from './history/strikes.ts';
import { checkedPlan, type Fault, type Plan } from './plan/plan.ts';
import type { ServerFactory } from './server/serverPort.ts';
import { areResting, settle, startAgain, step } from './settle.ts';

/** Virtual ms from the beginning; `to` null: it has no end, the page that waited for it is dead. */
export interface Span {
  readonly from: number;
  readonly to: number | null;
}

/** A request and its answer, as the page that asked saw them. */
export interface Exchange extends Span {
  readonly device: number;
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
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
  /** Those faults themselves, as they stand in the plan. */
  readonly struck: ReadonlySet<Fault>;
  /** Which, and where. */
  readonly strikes: readonly Strike[];
  /** Kinds of durable steps per device, in order: where a crash can be put. */
  readonly points: readonly (readonly string[])[];
  /** When each of them began, and when its page heard of it (ms from the beginning). */
  readonly spans: readonly (readonly Span[])[];
  /** Reads of each device's disk. */
  readonly reads: readonly (readonly Span[])[];
  /** How many of `points` came before everything healed: a crash can be put at those alone. */
  readonly crashable: readonly number[];
  /** When everything healed (ms from the beginning). */
  readonly healedAt: number;
  readonly requests: number;
  /** Those before everything healed. */
  readonly exchanges: readonly Exchange[];
  readonly crashes: readonly Crash[];
  /** Everything else that it leaves behind. */
  readonly run: Run;
}

export interface SimulateOptions {
  /** What stands behind the net; the simulated server where nothing else is said. */
  readonly server?: ServerFactory;
}

/** ms after which nothing that was sent is still on its way, and no step waits for its page. */
const stragglers = 45_000;

/** Timers of tabs that have nothing to do. */
const watching: ReadonlySet<string> = new Set(['watch', 'tell', 'watchdog']);
/** ms after the last step in which a day of several tabs goes on in any case. */
const pauseOfTabs = 3_000;

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
  const server = await open(needsOf(seed, plan));
  const crashes: Crash[] = [];
  const note = (check: () => void | Promise<void>): void => {
    const checked = async () => check();
    checked().catch((error) => run.errors.push(error));
  };
  const hooks: SimDeviceHooks = {
    crashed: (device) => note(() => crashed(run, device, crashes)),
    accepted: (device, operationId) =>
      note(() => {
        checkAccepted(device, operationId);
        checkShelved(run, device, operationId);
      }),
    ended: (device, ...ending) =>
      note(() => {
        checkForgotten(device, ...ending);
        return checkEnded(run, device, ...ending);
      }),
  };
  const run = makeRun(seed, plan, hooks, server);
  try {
    await live(run, plan);
  } catch (error) {
    if (error instanceof InvariantBroken) {
      const { steps, trace, tail } = run.world;
      error.evidence = { steps, trace, tail, strikes: strikesOf(run) };
    }
    throw error;
  } finally {
    for (const device of run.devices) device.close();
    await server.close?.();
  }
  const { world, devices, start } = run;
  return {
    steps: world.steps,
    trace: world.trace,
    fired: run.fired.size,
    struck: run.fired,
    strikes: strikesOf(run),
    points: devices.map((device) => device.disk.points),
    spans: devices.map(({ disk }) => disk.spans.map((span) => sinceStart(span, start))),
    reads: devices.map(({ disk }) => disk.reads.map((span) => sinceStart(span, start))),
    crashable: run.healed?.points ?? [],
    healedAt: (run.healed?.at ?? start) - start,
    requests: run.net.attempts.length,
    exchanges: run.net.attempts.slice(0, run.healed?.requests).map((attempt) => {
      const { device, method, path, key } = attempt;
      return { device, method, path, key, ...sinceStart(attempt, start) };
    }),
    ...{ crashes, run },
  };
}

/** The steps and faults, then peace, and what must hold when all is quiet. */
async function live(run: Run, plan: Plan): Promise<void> {
  const { world, devices, net, start } = run;
  for (const device of devices) device.open();
  let lastStep = 0;
  let undone = plan.steps.length;
  for (const step of plan.steps) {
    lastStep = Math.max(lastStep, step.at);
    const attempt = (left: number): void => {
      if (step.do === 'pull' && step.at % 3 === 0 && left === 50) run.server.expireCursors?.();
      if (devices[step.device]?.act(step) || left === 0) undone--;
      else world.schedule(200, () => attempt(left - 1));
    };
    world.schedule(step.at, () => attempt(50));
  }
  for (const at of plan.epochs ?? []) {
    lastStep = Math.max(lastStep, at);
    world.schedule(at, () => run.server.beginEpoch?.());
  }
  for (const fault of plan.faults)
    if (fault.on === 'time') lastStep = Math.max(lastStep, fault.at + (fault.for ?? 0));
  const calm = start + lastStep + pauseOfTabs;
  // Tabs look after each other every second: once nothing moves there is nothing else to see.
  const isOver = () =>
    undone === 0 && net.open.size === 0 && devices.every(isIdle(run)) && areResting(run);
  await step(run, () => {
    if (world.now >= start + lastStep + stragglers) return true;
    return devices.some(({ isShared }) => isShared) && world.now >= calm && isOver();
  });
  run.heal();
  await settle(run);
  checkWire(run, plan);
  await startAgain(run);
  checkStep(run);
}

/** Whether no write of a device is under way, and none of its pages waits for anything but the others. */
function isIdle({ world }: Run): (device: SimDevice) => boolean {
  return ({ disk, tabs }) =>
    disk.spans.every(({ from, to }) => to !== null || world.now - from > stragglers) &&
    tabs.every((tab) => !tab.isRunning || tab.timers.every((label) => watching.has(label)));
}

function sinceStart({ from, to }: Span, start: number): Span {
  return { from: from - start, to: to === null ? null : to - start };
}

/** What the page leaves behind must hold at once, whatever the next one makes of it. */
async function crashed(run: Run, device: SimDevice, crashes: Crash[]): Promise<void> {
  const at = run.world.now - run.start;
  const facts = await device.onDisk();
  crashes.push({ device: device.index, at, facts });
  checkDisk(run, device, facts);
  checkFeed(run, device, facts);
  // I30: whoever reads it twice reads the same.
  checkSame(`device ${device.index}, read twice`, facts, await device.onDisk());
}
