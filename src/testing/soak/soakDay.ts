import {
  authFaults,
  batchFaults,
  type DiskFault,
  diskFaults,
  type NetFault,
  netFaults,
} from '../plan/plan.ts';
import type { ServerPort, WireRequest } from '../server/serverPort.ts';
import { keyed, keyedBelow, keyedPick } from '../world/keyed.ts';
import type { World } from '../world/world.ts';
import type { SoakDevice, SoakPage } from './soakDevice.ts';

const minute = 60_000;
const hour = 60 * minute;
export const dayLength = 24 * hour;

/** Times of a day, in ms since it began. */
export const clock = {
  /** Devices are woken from here on, within an hour. */
  morning: 7 * hour,
  /** No more edits, faults and reloads; offline hours are over, but for who stays away overnight. */
  evening: 20 * hour + 30 * minute,
  /** What waits for a person is seen to. */
  tidyUp: 20 * hour + 50 * minute,
  /** All must be at rest; it is measured, and the devices sleep. */
  night: 21 * hour + 30 * minute,
} as const;

/** About how many records people keep. */
const records = 300;
/** A fault every so many requests, and every so many disk batches. */
const rates = { request: 0.03, batch: 0.004 } as const;

/** What a soak is made of. */
export interface Soak {
  readonly world: World;
  readonly server: ServerPort;
  readonly devices: readonly SoakDevice[];
  /** When the first day began; before it all goes well. */
  readonly start: number;
  /** Times at which a device has no network. */
  readonly cuts: [from: number, to: number][][];
  readonly counts: { edits: number; reloads: number; faults: number };
}

/** Of a month's requests: none that leaves something behind which only a person can end. */
const soakNetFaults = netFaults.filter(
  (kind) =>
    !authFaults.includes(kind) &&
    !batchFaults.includes(kind) &&
    !['refusal', 'precondition', 'stuck', 'stuckAfter'].includes(kind),
);

/** The fault of a request, if one strikes; none in the evening. */
export function netFaultOf(soak: Soak, device: number, n: number): NetFault | undefined {
  return faultOf(soak, `net/${device}/${n}`, rates.request, soakNetFaults);
}

/** Batches are counted anew every day. */
export function diskFaultOf(soak: Soak, device: number, n: number): DiskFault | undefined {
  const day = Math.floor((soak.world.now - soak.start) / dayLength);
  return faultOf(soak, `disk/${day}/${device}/${n}`, rates.batch, diskFaults);
}

function faultOf<T>(soak: Soak, key: string, rate: number, kinds: readonly T[]): T | undefined {
  const { world, start, counts } = soak;
  if (world.now < start || (world.now - start) % dayLength > clock.evening) return undefined;
  if (keyed(world.seed, `fault/${key}`) >= rate) return undefined;
  counts.faults++;
  return keyedPick(world.seed, `kind/${key}`, kinds);
}

/** What people had before: an account that is not new. */
export function furnish(soak: Soak): void {
  for (let i = 0; i < records; i++) someoneElse(soak, `furnish/${i}`, 'create');
}

/** Lets a day come: everything that people, networks and others will do in it. */
export function planDay(soak: Soak, day: number): void {
  const { world } = soak;
  const { seed } = world;
  const begin = soak.start + day * dayLength;
  const at = (time: number, run: () => void) => world.schedule(begin + time - world.now, run);
  for (const device of soak.devices) {
    const { index } = device;
    const draw = (what: string, below: number) =>
      keyedBelow(seed, `${what}/${day}/${index}`, below);
    const between = (what: string) =>
      clock.morning + 70 * minute + draw(what, clock.evening - clock.morning - 100 * minute);
    at(clock.morning + draw('wake', hour), () => device.wake());
    for (let i = 0; i < draw('offline', 3); i++) {
      const from = begin + between(`cut/${i}`);
      const to = Math.min(begin + clock.evening, from + 20 * minute + draw(`long/${i}`, 3 * hour));
      cut(soak, device, from, to, draw(`told/${i}`, 2) === 0);
    }
    for (let i = 0; i < 5 + draw('bursts', 5); i++) {
      burst(soak, device, begin + between(`burst/${i}`), `${day}/${index}/${i}`);
    }
    for (let i = 0; i < draw('reloads', 4); i++) {
      at(between(`reload/${i}`), () => leave(soak, device, draw(`how/${i}`, 2) === 0));
    }
    for (let time = clock.morning; time < clock.evening; time += 10 * minute) {
      at(time + draw(`poll/${time}`, minute), () => pull(device));
    }
    // Sometimes a device goes to sleep without network, with work that waits.
    if (draw('away', 4) === 0) {
      const from = begin + clock.evening - 10 * minute;
      cut(soak, device, from, from + 13 * hour, draw('told', 2) === 0);
      burst(soak, device, from + minute, `${day}/${index}/late`);
    }
    for (let i = 0; i < 4; i++) {
      at(clock.tidyUp + i * 8 * minute, () => tidyUp(soak, device));
      at(clock.tidyUp + i * 8 * minute + 4 * minute, () => pull(device));
    }
  }
  for (let i = 0; i < 30; i++) {
    const time = keyedBelow(seed, `others/${day}/${i}`, clock.evening);
    at(time, () => someoneElse(soak, `${day}/${i}`));
  }
}

/** Whether a device is asleep or without network. */
export function isAway(soak: Soak, device: number): boolean {
  const { now } = soak.world;
  const cuts = soak.cuts[device] ?? [];
  while (cuts[0] && cuts[0][1] < now - 2 * dayLength) cuts.shift();
  const isCut = cuts.some(([from, to]) => now >= from && now < to);
  return isCut || soak.devices[device]?.isAsleep === true;
}

/** `told`: the platform says so too. */
function cut(soak: Soak, device: SoakDevice, from: number, to: number, told: boolean): void {
  const { world } = soak;
  soak.cuts[device.index]?.push([from, to]);
  if (!told) return;
  world.schedule(from - world.now, () => device.hint('absent'));
  world.schedule(to - world.now, () => device.hint('present'));
}

function leave({ counts }: Soak, device: SoakDevice, politely: boolean): void {
  counts.reloads++;
  if (politely) device.reload();
  else device.kill();
}

function pull(device: SoakDevice): void {
  const { page } = device;
  if (!page || device.isAsleep || page.state().ephemeral.role !== 'leading') return;
  void page.sync.models.todo.pull();
}

/** Some edits in a row, as people make them: seconds apart. */
function burst(soak: Soak, device: SoakDevice, begin: number, key: string): void {
  const { world, counts } = soak;
  const { seed } = world;
  let time = begin;
  for (let i = 0; i < 5 + keyedBelow(seed, `size/${key}`, 25); i++) {
    time += 1_000 + keyedBelow(seed, `gap/${key}/${i}`, 30_000);
    world.schedule(time - world.now, () => {
      if (!device.page || device.isAsleep) return;
      counts.edits++;
      edit(device.page, seed, `${key}/${i}`);
    });
  }
  // Some people leave with the last word.
  if (keyed(seed, `left/${key}`) > 0.15) return;
  const moment = keyedBelow(seed, `moment/${key}`, 100);
  world.schedule(time + moment - world.now, () => leave(soak, device, moment % 3 > 0));
}

function edit({ sync, state }: SoakPage, seed: number, key: string): void {
  const { todo } = sync.models;
  const ids = todo.selectIds({ sync: state() });
  const roll = keyed(seed, `what/${key}`);
  const growth = ids.length < records ? 0.25 : 0.05;
  if (ids.length === 0 || roll < growth) {
    todo.create({
      title: words(seed, key, 60),
      note: words(seed, `note/${key}`, 250),
      done: false,
    });
    return;
  }
  const id = keyedPick(seed, `which/${key}`, ids);
  if (roll > growth + 0.7) todo.remove(id);
  // Refused by the server: somebody will have to see to it.
  else if (roll > growth + 0.69) todo.update(id, { title: '' });
  else if (roll > growth + 0.4) todo.update(id, { note: words(seed, `note/${key}`, 250) });
  else todo.update(id, { done: roll > growth + 0.2, title: words(seed, key, 60), by: key });
}

/** A text of some length, below `most` characters. */
function words(seed: number, key: string, most: number): string {
  return `${key} `.padEnd(20 + keyedBelow(seed, `length/${key}`, most - 20), 'word ');
}

/** Somebody else, on another device or in the office, under no key of ours. */
function someoneElse({ world, server }: Soak, key: string, deed?: 'create'): void {
  const { seed } = world;
  const ids = [...server.rows('todos').keys()];
  const roll = keyed(seed, `other/${key}`);
  const send = (method: string, path: string, body: object | null): void => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers: Record<string, string> = body ? { 'content-type': type } : {};
    const request: WireRequest = { method, path, headers, body: body ? JSON.stringify(body) : '' };
    void server.handle(request);
  };
  if (deed === 'create' || ids.length < 20 || roll < 0.2) {
    send('POST', 'todos', { id: `other-${key}`, title: words(seed, key, 60), done: false });
    return;
  }
  const path = `todos/${encodeURIComponent(keyedPick(seed, `theirs/${key}`, ids))}`;
  if (roll < 0.4) send('DELETE', path, null);
  else if (roll < 0.7) send('PATCH', path, { note: words(seed, `their note/${key}`, 250) });
  else send('PATCH', path, { done: roll < 0.85, title: words(seed, `their/${key}`, 60) });
}

/** What waits for a person is decided, one way or another. */
function tidyUp({ world }: Soak, device: SoakDevice): void {
  const { page } = device;
  if (!page || device.isAsleep) return;
  const { outbox, conflicts } = page.sync;
  const quietly = (work: Promise<unknown>) => void work.catch(() => {});
  const roll = keyed(world.seed, `tidy/${device.index}/${world.now}`);
  for (const { operation, deadLetter } of outbox.list()) {
    if (!deadLetter) continue;
    if (roll < 0.5) quietly(outbox.discard(operation.id));
    else quietly(outbox.edit(operation.id, { title: 'mended' }));
  }
  for (const { recordId } of conflicts.list()) {
    quietly(conflicts.resolve(recordId, roll < 0.5 ? 'keepLocal' : 'keepRemote'));
  }
}
