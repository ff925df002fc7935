import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { tabScenarios } from '../../../src/testing/crashPoints/scenarios/tabs.ts';
import { scenarios } from '../../../src/testing/crashPoints/scenarios.ts';
import { generate } from '../../../src/testing/plan/generate.ts';
import type { Job, Report } from './child.ts';
import { copyOf } from './copy.ts';
import type { Plant } from './plant.ts';

export type Place = number | string;

/** What the child says: where it is, and in the end what it found. */
type Word = { readonly place: Place } | { readonly report: Report };

const childFile = join(import.meta.dirname, 'child.ts');
/** ms without a word after which a run is taken to turn in circles. */
const silence = 180_000;

/** `count` seeds from `from` on, of the days that the plant is about. */
export function seedsOf({ days }: Plant, from: number, count: number): number[] {
  if (days === undefined) return seedsFrom(from, count);
  const seeds: number[] = [];
  for (let seed = from; seeds.length < count; seed++) {
    if (generate(seed)[days] !== undefined) seeds.push(seed);
  }
  return seeds;
}

/** `count` seeds from `from` on. */
export function seedsFrom(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** Scenarios of the exhaustive mode that a plant is looked for in, from one of them on. */
export function scenariosFor({ by, days }: Plant, from?: Place): string[] {
  const all = by === 'stops' ? tabScenarios : scenarios.filter(({ plan }) => !days || plan[days]);
  const names = all.map(({ name }) => name);
  return names.slice(Math.max(0, from === undefined ? 0 : names.indexOf(String(from))));
}

/**
 * Runs seeds, or scenarios by name, in a copy with this bug in it (null: as the kit is) until a promise
 * is broken.
 */
export async function search(plant: Plant | null, places: readonly Place[]): Promise<Report> {
  using copy = copyOf(plant);
  // A process of its own: a planted bug may spin or crash it.
  const child = fork(childFile, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  try {
    return await listen(child, { root: copy.root, by: plant?.by ?? 'days', places });
  } finally {
    child.kill('SIGKILL');
  }
}

/** @throws Error where the child ends or falls silent: a bug that no invariant ends is not found */
function listen(child: ChildProcess, job: Job): Promise<Report> {
  let at = job.places[0];
  let complaint = '';
  return new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`${at}: ${what}`));
    const stuck = () => fail(`nothing was heard for ${silence} ms`);
    let timer = setTimeout(stuck, silence);
    child.stderr?.on('data', (text) => {
      complaint += text;
    });
    child.on('message', (word: Word) => {
      clearTimeout(timer);
      if ('report' in word) return resolve(word.report);
      at = word.place;
      timer = setTimeout(stuck, silence);
    });
    child.on('exit', () => {
      clearTimeout(timer);
      fail(`the process ended: ${complaint.slice(-2_000)}`);
    });
    child.send(job);
  });
}

/** Works through a list, `width` at a time. */
export async function eachOf<T>(
  list: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...list];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
