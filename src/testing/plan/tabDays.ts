import { keyed, keyedBelow } from '../world/keyed.ts';
import type { UserStep } from './plan.ts';

/** Days on which devices have several tabs. */
export interface TabDay {
  readonly devices: number;
  readonly tabs: number;
  readonly records: number;
  /** All tabs open at the same time. */
  readonly together: boolean;
}

/** ms that a page takes to read its disk, about: who writes then writes into the tail alone. */
export const early = 12;
/** ms after the first tab in which the others are opened. */
const openedWithin = 2_000;
/** The same where a browser restores them. */
const restoredWithin = 40;
/** ms in which the first list comes from the server: until then an empty database stays empty. */
const empty = 80;

/** Most days have one tab a device: what several do costs time, for they watch each other. */
export function tabsOf(seed: number): number {
  return keyed(seed, 'tabs') < 0.12 ? 2 + keyedBelow(seed, 'tabs/n', 3) : 1;
}

/** Whether all tabs of a device open at once, as those of a browser that restores its session. */
export function areRestored(seed: number): boolean {
  return keyed(seed, 'restored') < 0.4;
}

/** ms after the start at which a tab is opened: the first at once. */
export function openedAt(seed: number, device: number, tab: number, together = false): number {
  return tab === 0
    ? 0
    : keyedBelow(seed, `open/${device}/${tab}`, together ? restoredWithin : openedWithin);
}

/** What goes on while another tab reads the disk for the first time: writes, and checkpoints of others. */
export function welcomes(seed: number, { devices, tabs, records, together }: TabDay): UserStep[] {
  const steps: UserStep[] = [];
  for (let device = 0; device < devices; device++) {
    for (let tab = 1; tab < tabs; tab++) {
      const key = `welcome/${device}/${tab}`;
      if (keyed(seed, key) > 0.4) continue;
      const below = (what: string, limit: number) => keyedBelow(seed, `${what}/${key}`, limit);
      const record = below('record', records);
      const opened = openedAt(seed, device, tab, together);
      const step = (at: number, of: number, what: UserStep['do']) =>
        void steps.push({ at: Math.max(0, Math.floor(at)), device, record, tab: of, do: what });
      step(opened * keyed(seed, `before/${key}`), 0, 'upsert');
      if (keyed(seed, `stored/${key}`) < 0.5) step(opened - 5 - below('by', 40), 0, 'checkpoint');
      if (keyed(seed, `writes/${key}`) < 0.7) step(opened + below('own', early), tab, 'upsert');
      if (keyed(seed, `edits/${key}`) < 0.5) step(opened - 8 + below('edit', early), 0, 'upsert');
      step(opened - 5 + below('first', 2 * early), below('of', tab), 'checkpoint');
      if (keyed(seed, `again/${key}`) < 0.5) step(opened + below('second', 40), 0, 'checkpoint');
    }
  }
  if (together) steps.push(...restored(seed, devices, tabs));
  return steps;
}

/** What happens in an empty database while all tabs begin: they write, and one of them checkpoints. */
function restored(seed: number, devices: number, tabs: number): UserStep[] {
  const steps: UserStep[] = [];
  for (let device = 0; device < devices; device++) {
    for (let i = 0; i < 2 * tabs; i++) {
      const below = (what: string, limit: number) =>
        keyedBelow(seed, `restored/${what}/${device}/${i}`, limit);
      const isCheckpoint = i % 3 === 2;
      const at = below('at', empty);
      const place = { at, device, record: below('record', 3), tab: below('tab', tabs) };
      steps.push({ ...place, do: isCheckpoint ? 'checkpoint' : 'upsert' });
    }
  }
  return steps;
}
