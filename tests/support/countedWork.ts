import { Session } from 'node:inspector';

/**
 * Counts work instead of timing it: how often each block of our own code was entered (V8's precise
 * coverage). The same on every machine and under every load; a loop over all records shows as its
 * number of rounds, whoever wrote it. What the platform itself copies (a spread, a slice) is not in
 * it: the largest piece of the state and the pages that were made anew tell of that.
 *
 * Functions are compiled when they are called first, which must be after this was imported.
 */
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/** The app's disk is not ours to count. */
const own = /\/(machines|store|src)\/(?!storage\/|testing\/)[^?]*\.ts/;

/** Blocks of our own code that were entered since it was asked last. */
export function takeWork(): number {
  let work = 0;
  // The callback is called before `post` returns: the session is in this process.
  session.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error) throw error;
    for (const { url, functions } of coverage.result) {
      if (!own.test(url)) continue;
      for (const { ranges } of functions) for (const { count } of ranges) work += count;
    }
  });
  return work;
}

/** Blocks entered by `act`. */
export function workOf(act: () => void): number {
  takeWork();
  act();
  return takeWork();
}

/** Blocks entered until `act` has resolved. */
export async function workUntil(act: () => Promise<unknown>): Promise<number> {
  takeWork();
  await act();
  return takeWork();
}
