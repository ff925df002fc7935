import { describe, expect, test } from 'vitest';
import type { Failure } from '../../machines/failure.ts';
import { Lines } from '../../src/engine/wire/lines.ts';
import { deviceEnv } from '../support/world.ts';

const minute = 60_000;
const invalid: Failure = { code: 'rejected', status: 422, message: 'invalid', at: 1 };

/** Lines with a clock of their own, and what of refusals they believe. */
function world() {
  let now = 1_000_000;
  const lines = new Lines({
    env: deviceEnv({ now: () => now, setTimer: () => 0 as never, clearTimer: () => {} }),
    append: () => {},
    onChange: () => {},
  });
  return {
    lines,
    /** Another record is refused, so many ms after the one before. */
    refuse: (lane: string, after: number) => {
      now += after;
      return lines.refused('', lane, 1, invalid);
    },
  };
}

describe('N13: refusals one after the other', () => {
  test('N13: five of them within five minutes are not believed: the line trips', () => {
    const { lines, refuse } = world();
    for (const lane of ['a', 'b', 'c', 'd']) expect(refuse(lane, minute)).toBe(true);
    expect(refuse('e', minute)).toBe(false);
    expect(lines.room('')).toBe(0);
  });

  test('N13: those of people who err every two minutes, and write nothing else, trip nothing', () => {
    const { lines, refuse } = world();
    for (let i = 0; i < 20; i++) expect(refuse(`lane ${i}`, 2 * minute)).toBe(true);
    expect(lines.room('')).toBe(Number.POSITIVE_INFINITY);
  });

  test('N13: the same record refused again and again is one', () => {
    const { lines, refuse } = world();
    for (let i = 0; i < 20; i++) expect(refuse('lane', 1)).toBe(true);
    expect(lines.room('')).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('SV14: pauses without a named time', () => {
  /** Lines whose waits end when the test says so; what they were goes to `asked`. */
  function pausing() {
    const asked: number[] = [];
    let end = () => {};
    const lines = new Lines({
      env: deviceEnv({
        random: () => 0.999,
        setTimer: (delay, callback) => {
          asked.push(delay);
          end = callback;
          return 0 as never;
        },
        clearTimer: () => {},
      }),
      append: () => {},
      onChange: () => {},
    });
    const failure: Failure = { code: 'paused', status: 429, message: 'slow down', at: 1 };
    const pause = (retryIn: number | null) =>
      lines.held('', { kind: 'held', by: 'pause', retryIn, failure }, 0);
    return { lines, asked, pause, over: () => end() };
  }

  test('SV14: begin at seconds again after an answer', () => {
    const { lines, asked, pause, over } = pausing();
    for (let round = 0; round < 3; round++) {
      pause(null);
      over();
    }
    lines.answered('', 'a');
    pause(null);
    expect(asked).toEqual([4_995, 9_990, 19_980, 4_995]);
  });

  test('P11 SV14: keep their reason, whatever is answered to requests that left before', () => {
    const { lines, pause } = pausing();
    pause(60_000);
    for (const [by, code] of [
      ['auth', 'unauthorized'],
      ['deployment', 'misdeployed'],
    ] as const) {
      const failure: Failure = { code, message: 'no', at: 2 };
      lines.held('', { kind: 'held', by, retryIn: null, failure }, 0);
    }
    expect(lines.pauses['']?.failure.code).toBe('paused');
  });

  test('SV14: are as many as the rounds, though all answers of a round named times', () => {
    const { asked, pause, over } = pausing();
    for (let i = 1; i <= 6; i++) pause(i * 60_000);
    over();
    pause(null);
    expect(asked.at(-1)).toBe(9_990);
  });
});
