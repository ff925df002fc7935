import type { BusFault } from '../plan/plan.ts';
import { keyed } from '../world/keyed.ts';
import type { World } from '../world/world.ts';

/** ms that a message takes; one that is late takes so many at most. */
const usual = 1;
const longestDelay = 6_000;
/** How many of all messages meet the trouble while it lasts. */
const share = 0.6;

/** How the messages between the tabs of a device fare: troubles that begin and end. */
export class BusWeather {
  readonly #world: World;
  readonly #device: number;
  readonly #troubles: { readonly kind: BusFault; readonly from: number; readonly to: number }[] =
    [];
  #messages = 0;

  constructor(world: World, device: number) {
    this.#world = world;
    this.#device = device;
  }

  /** From now on, for so many ms. */
  worsen(kind: BusFault, duration: number): void {
    const { now } = this.#world;
    this.#troubles.push({ kind, from: now, to: now + duration });
  }

  /** The delays (ms) after which copies of the next message come to one listener. */
  fate(): number[] {
    const { now, seed } = this.#world;
    const n = ++this.#messages;
    const draw = (what: string) => keyed(seed, `bus/${this.#device}/${n}/${what}`);
    let copies = [usual];
    for (const { kind, from, to } of this.#troubles) {
      if (now < from || now >= to || draw(kind) > share) continue;
      if (kind === 'loseMessages') copies = [];
      else if (kind === 'doubleMessages') copies = copies.flatMap((at) => [at, at + 50]);
      // Some later than others: they overtake each other.
      else copies = copies.map((at) => at + draw('late') * longestDelay);
    }
    return copies;
  }
}
