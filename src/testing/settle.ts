import { valuesOf } from '../../store/pages.ts';
import { checkDisk, checkStep } from './checks/invariants.ts';
import { checkEndings, checkLedger } from './checks/ledgerChecks.ts';
import { checkPage } from './checks/pageChecks.ts';
import { checkSame } from './checks/recovery.ts';
import { isHeld } from './checks/relations.ts';
import { checkBytes, checkQuiet } from './checks/restChecks.ts';
import { checkSalvaged, checkShelf } from './checks/shelfChecks.ts';
import { checkView } from './checks/viewChecks.ts';
import { checkMerges } from './checks/wireChecks.ts';
import type { SimDevice } from './device/simDevice.ts';
import { InvariantBroken, type Run } from './history/history.ts';

/** Virtual ms after the last step in which everything must settle: 3 x the longest wait, and room. */
const settleBound = 3 * 300_000 + 120_000;
/** ms between two tries of a line that has tripped. */
const longestTrip = 300_000;
/** Times that a request is sent for which the server has no way, each after the longest wait. */
const wayless = 10;
const stepLimit = 120_000;
/** ms in which an answer leads to the next request, also where that needs new credentials first. */
const nextAsked = 100;
/** States of a line that end. */

const heldStates: ReadonlySet<string> = new Set([
  ...['pausedUntil', 'tripped', 'refreshing'],
  // A person signs in after a while.
  'authRequired',
]);

/** Timers of a page that asks its disk, or its second shelf, again after a while. */
const reopening: ReadonlySet<string> = new Set(['reopen', 'shelf']);
/** Timers of a request whose answer has not come, or not ended. */
const wire: ReadonlySet<string> = new Set(['request', 'answer']);
const storageTimers: ReadonlySet<string> = new Set([...reopening, 'storage']);

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
    if (device.isShared) await until('a tab does not find its place', () => isManned(device));
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
      checkShelf(run, device);
      for (const tab of device.tabs) {
        checkPage(device, tab);
        checkView(run, device, tab);
      }
    }
    return wake || done();
  }, stepLimit * tabsOf(run));
}

/** What of a device is not at rest; null: nothing. */
function unrestOf(device: SimDevice): string | null {
  const { life } = device;
  if (!life) return 'no page';
  if (!isManned(device)) return 'a tab that has no role, or is not open';
  if (!isUpToDate(device)) return 'a tab that has not written or read all';
  // A tab that has just woken tries once more what its disk had not answered.
  if (device.tabs.some((tab) => tab.isRunning && tab.waitsFor(reopening))) return 'a disk';
  const { sequenced, ephemeral } = life.state();
  const moving = valuesOf(sequenced.lanes).find(
    (lane) => lane.state !== 'failed' && lane.state !== 'conflicted' && !isHeld(sequenced, lane),
  );
  if (moving) return `${moving.recordId} is ${moving.state}`;
  if (ephemeral.connection !== 'online') return `the connection is ${ephemeral.connection}`;
  const held = Object.values(ephemeral.lines).find(({ state }) => heldStates.has(state));
  if (held) return `a line is ${held.state}`;
  // A tab that asked twice may have one more pull begun than it waits for.
  if (Object.values(ephemeral.pulls).some(({ state }) => state === 'running')) return 'a pull';
  return Object.keys(ephemeral.underWay).length > 0 ? 'a request' : null;
}

/** Everything heals; then all must come to rest within the bound, and agree. */
export async function settle(run: Run): Promise<void> {
  const { world, devices, net, server } = run;
  // A line that has tripped tries one request at a time: what is refused for good is heard one by one.
  const { noDeletes, bare, versioning, faults = [] } = devices[0]?.plan ?? {};
  // A create that nothing speaks for is asked for as often, if it is gone by then; so is what meets the
  // same 500 for ever, from the last other answer on.
  const isStuck = faults.some((fault) => fault.do === 'stuck' || fault.do === 'stuckAfter');
  const isAsked = noDeletes || isStuck || (bare && versioning);
  const trips = net.gateway.refused.size + (isAsked ? wayless : 0);
  const end = world.now + settleBound + trips * longestTrip;
  const isResting = () => devices.every((device) => unrestOf(device) === null);
  const broken = () => {
    const seen = devices.map((device) => `device ${device.index}: ${unrestOf(device) ?? 'rests'}`);
    return new InvariantBroken('I14', `not everything came to rest in time: ${seen.join('; ')}`);
  };
  for (const { tabs } of devices) if (!tabs.some((tab) => tab.isRunning)) tabs[0]?.wake();
  // What a pull brings may set free what waited, and that is news for the others.
  let effects = -1;
  for (let round = 0; round < 2 || effects < server.ledger.length; round++) {
    effects = server.ledger.length;
    await step(run, () => isResting() || world.now > end);
    // Those that had stopped for ever go on when all others have come to rest, with what they knew.
    for (const { tabs } of devices) for (const tab of tabs) tab.wake();
    await step(run, () => isResting() || world.now > end);
    if (!isResting()) throw broken();
    for (const device of devices) await pullUntilDone(run, device, end);
  }
  await silence(run, end, isResting);
  checkLedger(run);
  checkEndings(run);
  for (const device of devices) {
    const disk = await device.onDisk();
    checkDisk(run, device, disk);
    checkQuiet(run, device, disk);
    checkSalvaged(run, device);
  }
}

/**
 * A read that a pull has made needless may still be on its way when all rests, and its answer may lead to
 * more of them: none stays there.
 */
async function silence(run: Run, end: number, isResting: () => boolean): Promise<void> {
  const { world, net, devices } = run;
  const isSilent = () =>
    net.open.size === 0 &&
    devices.every((device) => !device.tabs.some((tab) => tab.waitsFor(wire)));
  for (let asked = -1; asked !== net.attempts.length && world.now <= end; ) {
    await step(run, () => (isResting() && isSilent()) || world.now > end);
    asked = net.attempts.length;
    let isLater = false;
    world.schedule(nextAsked, () => {
      isLater = true;
    });
    await step(run, () => isLater);
  }
}

/** Whether every device is up to date, reaches the server, and has nothing that moves. */
export function areResting({ devices }: Run): boolean {
  return devices.every((device) => {
    if (!device.life || !isManned(device) || !isUpToDate(device)) return false;
    // A tab that has just woken tries once more what its disk had not answered.
    if (device.tabs.some((tab) => tab.isRunning && tab.waitsFor(storageTimers))) return false;
    const { sequenced, ephemeral } = device.life.state();
    const moving = valuesOf(sequenced.lanes).some(
      (lane) => lane.state !== 'failed' && lane.state !== 'conflicted' && !isHeld(sequenced, lane),
    );
    return (
      ephemeral.connection === 'online' &&
      Object.values(ephemeral.lines).every(({ state }) => !heldStates.has(state)) &&
      !moving &&
      Object.keys(ephemeral.underWay).length === 0
    );
  });
}

/** Whether each tab has its page, one of those that run leads, and each other follows. */
function isManned({ tabs }: SimDevice): boolean {
  let leading = 0;
  for (const { isRunning, isWaking, life } of tabs) {
    if (!life || isWaking) return false;
    if (!isRunning) continue;
    const { role } = life.state().ephemeral;
    if (role === 'leading') leading++;
    else if (role !== 'following') return false;
  }
  return leading === 1;
}

/** Whether all tabs that run have folded all, and have nothing that is not on the disk. */
function isUpToDate({ tabs, disk, isShared }: SimDevice): boolean {
  const hangs = tabs.some((tab) => !tab.isRunning);
  return tabs.every((tab) => {
    if (!tab.isRunning || !tab.life) return true;
    const { sequenced, tail } = tab.life.state();
    const isRead = !isShared || sequenced.head === disk.head || (hangs && isAlone(tab));
    return tail.size === 0 && isRead;
  });
}

/**
 * Whether it leads and has never heard of another tab (all messages were lost): it looks at nothing. What
 * one that hangs has written is read when that one wakes and says so.
 */
function isAlone({ life, timers }: SimDevice['tabs'][number]): boolean {
  return life?.state().ephemeral.role === 'leading' && !timers.includes('watch');
}

function tabsOf({ devices }: Run): number {
  return devices.reduce((sum, { tabs }) => sum + tabs.length, 0) / devices.length;
}

/** Whether there is a page, and no person must sign in first. */
function isLetIn({ life }: SimDevice): boolean {
  const lines = life ? Object.values(life.state().ephemeral.lines) : [];
  return life !== null && lines.every(({ state }) => state !== 'authRequired');
}

/** The last page that runs: mostly one that does not lead, and asks the one that does. */
function askedIn({ tabs }: SimDevice) {
  return tabs.findLast((tab) => tab.isRunning)?.life ?? null;
}

async function pullUntilDone(run: Run, device: Run['devices'][number], end: number): Promise<void> {
  let state = 'again' as 'asked' | 'done' | 'again';
  while (state !== 'done') {
    if (run.world.now > end) throw new InvariantBroken('I14', 'a pull does not come to its end');
    state = 'asked';
    await step(run, () => isLetIn(device) || run.world.now > end);
    const life = askedIn(device);
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
    await step(run, () => state !== 'asked' || askedIn(device) !== life || run.world.now > end);
    if (state === 'asked') state = 'again';
    // A tab whose disk does not answer yet says so at once.
    const pause = run.world.now + 100;
    if (state === 'again' && device.isShared) await step(run, () => run.world.now >= pause);
  }
}
