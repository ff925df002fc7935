import type { Env } from '../ports/env.ts';

/** ms before the first quick resend; doubled for each. */
const firstRest = 100;
const longestRest = 2_000;

/**
 * Asks up to `count` times more while the wire fails or the answer is one that passes (`isPassing`):
 * quick resends inside one attempt, with the same key. The last word counts.
 */
export async function resent<A>(
  env: Env,
  count: number,
  signal: AbortSignal,
  ask: () => Promise<A>,
  isPassing: (answer: A) => boolean,
): Promise<A> {
  for (let left = count; left > 0; left--) {
    try {
      const answer = await ask();
      if (!isPassing(answer)) return answer;
    } catch {
      // The wire failed: the next one tells, or the last. Who is stopped sends nothing more.
    }
    await rest(env, Math.min(firstRest * 2 ** (count - left), longestRest), signal);
  }
  return ask();
}

function rest(env: Env, delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      env.clearTimer(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = env.setTimer(delay, end, 'resend');
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
