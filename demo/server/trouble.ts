/** An answer the server gives instead of doing anything, `count` times (-1: until cleared). */
export interface FailWith {
  readonly status: 500 | 429 | 503;
  readonly count: number;
  /** In seconds, or any text: a date, or what no client can read. */
  readonly retryAfter?: number | string;
}

/** Refuses every write whose body contains `match`. */
export interface Refuse {
  readonly match: string;
  readonly status: number;
  readonly reason: string;
}

export interface TroubleKnobs {
  /** Every request waits this long before it is looked at. */
  readonly delayMs: number;
  /** The line is dead: every connection ends without an answer, new ones too. */
  readonly cut: boolean;
  /** The next n writes are applied, but their answers are lost (-1: all). */
  readonly dropAnswers: number;
  readonly failWith: FailWith | null;
  readonly refuse: Refuse | null;
  /** The next n writes are applied, but answered 202: ask again (-1: all). */
  readonly deferAnswers: number;
  /** A write that changes a record must say which version (428). */
  readonly requireIfMatch: boolean;
  /** Only who has a good token is let in (401). */
  readonly auth: boolean;
  /** Operations of a batch that are attempted, the rest is not (-1: all). */
  readonly batchAttempts: number;
}

const NO_TROUBLE: TroubleKnobs = {
  delayMs: 0,
  cut: false,
  dropAnswers: 0,
  failWith: null,
  refuse: null,
  deferAnswers: 0,
  requireIfMatch: false,
  auth: false,
  batchAttempts: -1,
};

/** Everything that goes wrong between a client and a server, at the turn of a knob. */
export interface Trouble {
  readonly knobs: TroubleKnobs;
  set(change: Partial<TroubleKnobs>): void;
  /** Spends one failure, if one is due. */
  takeFailure(): FailWith | undefined;
  /** Spends one lost answer, if one is due. */
  takeDrop(): boolean;
  /** Spends one deferred answer, if one is due. */
  takeDefer(): boolean;
  /** Called whenever the line is cut, so that open connections can be ended. */
  onCut(listener: () => void): void;
}

export function createTrouble(): Trouble {
  let knobs = NO_TROUBLE;
  const listeners: (() => void)[] = [];
  return {
    get knobs() {
      return knobs;
    },
    set(change) {
      knobs = { ...knobs, ...change };
      if (knobs.cut) for (const listener of listeners) listener();
    },
    takeFailure() {
      const { failWith } = knobs;
      if (failWith === null) return undefined;
      const { count } = failWith;
      if (count > 0) {
        knobs = { ...knobs, failWith: count === 1 ? null : { ...failWith, count: count - 1 } };
      }
      return failWith;
    },
    takeDrop() {
      const { dropAnswers } = knobs;
      if (dropAnswers > 0) knobs = { ...knobs, dropAnswers: dropAnswers - 1 };
      return dropAnswers !== 0;
    },
    takeDefer() {
      const { deferAnswers } = knobs;
      if (deferAnswers > 0) knobs = { ...knobs, deferAnswers: deferAnswers - 1 };
      return deferAnswers !== 0;
    },
    onCut(listener) {
      listeners.push(listener);
    },
  };
}
