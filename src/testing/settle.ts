import { valuesOf } from '../../store/pages.ts';
import { InvariantBroken, type Run } from './history.ts';
import { checkDisk, checkStep } from './invariants.ts';
import { checkEndings, checkLedger } from './ledgerChecks.ts';
import { checkPage } from './pageChecks.ts';
import { checkSame } from './recovery.ts';
import { isHeld } from './relations.ts';
import { checkBytes, checkQuiet } from './restChecks.ts';
import type { SimDevice } from './simDevice.ts';
import { checkView } from './viewChecks.ts';
import { checkMerges } from './wireChecks.ts';

/** Virtual ms after the last step in which everything must settle: 3 x the longest wait, and room. */
const settleBound = 3 * 300_000 + 120_000;
const stepLimit = 60_000;
/** States of a line that end. */
const heldStates: ReadonlySet<string> = new Set([
  ...['pausedUntil', 'tripped', 'refreshing'],
  // A person signs in after a while.
  'authRequired',
]);

/** I22, I30: all is checkpointed, and then each device is started anew, without anything to do. */
export async function startAgain(run: Run): Promise<void> {
  const { devices, world } = run;
  const end = world.now + settleBound;
  const until = async (what: string, done: () => boolean) => {
    await step(run, () => done() || world.now > end);
    if (!done()) throw new InvariantBroken('I14', what);
  };
  for (const device of devices) {
    const before = await device.onDisk();
    await until('a checkpoint does not come to its end', flushed(device));
    checkBytes(device, before);
    checkSame(`device ${device.index}, checkpointed`, before, await device.onDisk());
    device.kill();
    await until('a start does not come to its end', () => {
      return device.life?.state().ephemeral.role === 'leading';
    });
    checkSame(`device ${device.index}, started again`, before, await device.onDisk());
  }
}

/** Asks for a checkpoint, again while the disk does not answer (it hung before all healed). */
function flushed(device: SimDevice): () => boolean {
  let state = 'again' as 'asked' | 'done' | 'again';
  return () => {
    if (state === 'again') {
      state = 'asked';
      device.life?.sync.persistor.flush().then(
        () => {
          state = 'done';
        },
        () => {
          state = 'again';
        },
      );
    }
    return state === 'done';
  };
}

/** Lets the world go on until `done`, and looks at everything after every event. */
export async function step(run: Run, done: () => boolean): Promise<void> {
  let wake = false;
  // The world must go on until the moment, also when nothing else happens.
  const tick = () => {
    if (done()) wake = true;
    else run.world.schedule(1_000, tick);
  };
  tick();
  await run.world.run(() => {
    checkStep(run);
    checkMerges(run);
    for (const device of run.devices) {
      checkPage(device);
      checkView(run, device);
    }
    return wake || done();
  }, stepLimit);
}

/** Everything heals; then all must come to rest within the bound, and agree. */
export async function settle(run: Run): Promise<void> {
  const { world, devices } = run;
  const end = world.now + settleBound;
  const isResting = () =>
    devices.every((device) => {
      if (!device.life) return false;
      const { sequenced, tail, ephemeral } = device.life.state();
      const moving = valuesOf(sequenced.lanes).some(
        (lane) =>
          lane.state !== 'failed' && lane.state !== 'conflicted' && !isHeld(sequenced, lane),
      );
      return (
        ephemeral.role === 'leading' &&
        ephemeral.connection === 'online' &&
        tail.size === 0 &&
        Object.values(ephemeral.lines).every(({ state }) => !heldStates.has(state)) &&
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

/** Whether there is a page, and no person must sign in first. */
function isLetIn({ life }: SimDevice): boolean {
  const lines = life ? Object.values(life.state().ephemeral.lines) : [];
  return life !== null && lines.every(({ state }) => state !== 'authRequired');
}

async function pullUntilDone(run: Run, device: Run['devices'][number], end: number): Promise<void> {
  let state = 'again' as 'asked' | 'done' | 'again';
  while (state !== 'done') {
    if (run.world.now > end) throw new InvariantBroken('I14', 'a pull does not come to its end');
    state = 'asked';
    await step(run, () => isLetIn(device) || run.world.now > end);
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
