import type { Reached } from './explore.ts';
import { Numbers } from './numbers.ts';

/** How many states were asked, and the nearest from which rest can not be reached (its place). */
interface Asked {
  readonly asked: number;
  readonly trapped: number | null;
}

/**
 * Steps towards rest, kept while exploring; then rest is followed backwards. A state that is not met
 * on the way is a trap, however kind the world may be to it.
 */
export class Liveness {
  readonly #from = new Numbers();
  readonly #to = new Numbers();

  /** `from`: a place; `to`: packed. `isAlone`: neither a person nor a hint is needed for it. */
  add(from: number, to: number, isAlone: boolean): void {
    this.#from.push(from * 2 + (isAlone ? 1 : 0));
    this.#to.push(to);
  }

  check(
    reached: Reached,
    isRest: (packed: number) => boolean,
    isAlone: (packed: number) => boolean,
  ): { rests: Asked; alone: Asked } {
    const into = this.#steps(reached);
    const withAll = this.#backwards(reached, into, isRest, false);
    const unaided = this.#backwards(reached, into, isRest, true);
    return {
      rests: asked(reached, withAll, () => true),
      alone: asked(reached, unaided, isAlone),
    };
  }

  /** Steps by the place that they lead to: `first[place]` to `first[place + 1]` in `step`. */
  #steps({ states, placeOf }: Reached) {
    const first = new Int32Array(states.length + 1);
    const targets = this.#to.all().map(placeOf);
    for (const target of targets) first[target + 1] = (first[target + 1] ?? 0) + 1;
    for (let i = 0; i < states.length; i++) first[i + 1] = (first[i + 1] ?? 0) + (first[i] ?? 0);
    const next = first.slice();
    const step = new Int32Array(targets.length);
    const from = this.#from.all();
    for (let i = 0; i < targets.length; i++) {
      const place = targets[i] ?? 0;
      const at = next[place] ?? 0;
      step[at] = from[i] ?? 0;
      next[place] = at + 1;
    }
    return { first, step };
  }

  /** 1 for each place from which rest can be reached. */
  #backwards(
    { states }: Reached,
    { first, step }: { first: Int32Array; step: Int32Array },
    isRest: (packed: number) => boolean,
    onlyAlone: boolean,
  ): Uint8Array {
    const isGood = new Uint8Array(states.length);
    const open = new Int32Array(states.length);
    let length = 0;
    for (const [place, packed] of states.all().entries()) {
      if (!isRest(packed)) continue;
      isGood[place] = 1;
      open[length++] = place;
    }
    for (let i = 0; i < length; i++) {
      const place = open[i] ?? 0;
      const end = first[place + 1] ?? 0;
      for (let at = first[place] ?? 0; at < end; at++) {
        const taken = step[at] ?? 0;
        const from = taken >> 1;
        if (isGood[from] || (onlyAlone && !(taken & 1))) continue;
        isGood[from] = 1;
        open[length++] = from;
      }
    }
    return isGood;
  }
}

function asked(
  { states }: Reached,
  isGood: Uint8Array,
  isAsked: (packed: number) => boolean,
): Asked {
  let count = 0;
  let trapped: number | null = null;
  for (let place = 0; place < states.length; place++) {
    if (!isAsked(states.at(place))) continue;
    count++;
    if (!isGood[place]) trapped ??= place;
  }
  return { asked: count, trapped };
}
