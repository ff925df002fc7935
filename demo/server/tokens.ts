import { randomUUID } from 'node:crypto';

/** Handed out at a log-in; the token dies early, what renews it late. */
export interface Session {
  readonly token: string;
  readonly refreshToken: string;
  /** In seconds. */
  readonly expiresIn: number;
}

/** Who is signed in. Kept in memory: a server that starts anew has signed everybody out. */
export interface Tokens {
  logIn(): Session;
  /** Undefined where nothing can be renewed any more. */
  renew(refreshToken: string): Session | undefined;
  isGood(token: string): boolean;
  /** Every token dies now; sessions can be renewed. */
  expire(): void;
  /** Every session ends: somebody must log in again. */
  revoke(): void;
}

/** ms */
const LIFE = 15 * 60_000;

export function createTokens(now: () => number = Date.now): Tokens {
  const tokens = new Map<string, number>();
  const sessions = new Set<string>();

  function session(refreshToken: string): Session {
    const token = randomUUID();
    tokens.set(token, now() + LIFE);
    return { token, refreshToken, expiresIn: LIFE / 1000 };
  }

  return {
    logIn: () => {
      const refreshToken = randomUUID();
      sessions.add(refreshToken);
      return session(refreshToken);
    },
    renew: (refreshToken) => (sessions.has(refreshToken) ? session(refreshToken) : undefined),
    isGood: (token) => (tokens.get(token) ?? 0) > now(),
    expire: () => tokens.clear(),
    revoke: () => {
      tokens.clear();
      sessions.clear();
    },
  };
}
