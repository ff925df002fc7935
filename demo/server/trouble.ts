/** An answer the server gives instead of doing anything, `count` times (-1: until cleared). */
export interface FailWith {
  readonly status: 500 | 429 | 503;
  readonly count: number;
  /** In seconds. */
  readonly retryAfter?: number;
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
}

const NO_TROUBLE: TroubleKnobs = {
  delayMs: 0,
  cut: false,
  dropAnswers: 0,
  failWith: null,
  refuse: null,
};

/** Everything that goes wrong between a client and a server, at the turn of a knob. */
export interface Trouble {
  readonly knobs: TroubleKnobs;
  set(change: Partial<TroubleKnobs>): void;
  /** Spends one failure, if one is due. */
  takeFailure(): FailWith | undefined;
  /** Spends one lost answer, if one is due. */
  takeDrop(): boolean;
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
    onCut(listener) {
      listeners.push(listener);
    },
  };
}
