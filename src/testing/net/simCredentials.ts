import { keyedBelow } from '../world/keyed.ts';
import type { World } from '../world/world.ts';

/** How credentials end: new ones come, come not, nobody answers, or they are not accepted either. */
const endings = {
  expired: 'renewed',
  expiredDenied: 'denied',
  expiredAway: 'away',
  expiredForever: 'refused',
} as const;
export type AuthFault = keyof typeof endings;

export interface SimCredentialsOptions {
  readonly world: World;
  readonly device: number;
  /** The page asked as it must not (I25). */
  readonly onWrong: (seen: string) => void;
  /** A person has signed in again, and says so. */
  readonly signedIn: () => void;
}

/** ms that asking for new credentials takes, at most; that a person takes to sign in. */
const longestRefresh = 60;
const longestSignIn = 20_000;
/** Times that nobody answers. */
const longestAway = 3;

/**
 * The credentials of a device and who hands them out. They last longer than pages; when a person
 * must sign in, one does after a while.
 */
export class SimCredentials {
  readonly #options: SimCredentialsOptions;
  #serial = 1;
  #held = 1;
  #accepted = 1;
  #ending: (typeof endings)[AuthFault] = 'renewed';
  #away = 0;
  #draws = 0;
  /** The page whose refresh is under way. */
  #asking: number | null = null;
  /** The page that was given the credentials that are accepted, by a refresh. */
  #renewedFor: number | null = null;
  #signIn: 'none' | 'due' = 'none';

  constructor(options: SimCredentialsOptions) {
    this.#options = options;
  }

  token(): string {
    return `token-${this.#options.device}-${this.#held}`;
  }

  /** Whether the server takes this; `fault`: they end just now. */
  accepts(authorization: string | undefined, fault?: AuthFault): boolean {
    if (fault) this.#end(fault);
    return authorization === `Bearer token-${this.#options.device}-${this.#accepted}`;
  }

  /** Asked by a page (I25: one at a time, and only where what it has is not accepted). */
  refresh(life: number, alive: () => boolean, isCut: () => boolean): Promise<boolean> {
    const { world, device, onWrong } = this.#options;
    const wrong = (what: string) => onWrong(`device ${device}: ${what}`);
    if (this.#asking === life) wrong('new credentials are asked for twice at once');
    if (this.#held === this.#accepted && this.#renewedFor === life) {
      wrong('new credentials are asked for, and those that just came are accepted');
    }
    this.#asking = life;
    const delay = 5 + this.#draw('refresh', longestRefresh);
    return new Promise((resolve, reject) => {
      world.schedule(delay, () => {
        if (this.#asking === life) this.#asking = null;
        if (!alive()) return;
        if (isCut() || (this.#ending === 'away' && this.#away-- > 0)) {
          reject(new TypeError('fetch failed'));
        } else if (this.#ending === 'denied') {
          resolve(false);
        } else {
          this.#held = ++this.#serial;
          if (this.#ending !== 'refused') this.#accept(life);
          resolve(true);
        }
      });
    });
  }

  /** The page says that a person must sign in: one will. */
  wanted(): void {
    if (this.#signIn === 'due') return;
    this.#signIn = 'due';
    const { world, signedIn } = this.#options;
    world.schedule(1_000 + this.#draw('sign in', longestSignIn), () => {
      this.#signIn = 'none';
      this.#held = ++this.#serial;
      this.#accept(null);
      signedIn();
    });
  }

  #accept(life: number | null): void {
    this.#accepted = this.#held;
    this.#ending = 'renewed';
    this.#renewedFor = life;
  }

  #end(fault: AuthFault): void {
    this.#accepted = -1;
    this.#ending = endings[fault];
    this.#away = 1 + this.#draw('away', longestAway);
  }

  #draw(what: string, below: number): number {
    const { world, device } = this.#options;
    return keyedBelow(world.seed, `credentials/${device}/${what}/${++this.#draws}`, below);
  }
}
