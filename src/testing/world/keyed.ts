/**
 * Randomness by key: each draw is a function of the seed and of what it is for, so that leaving out
 * one step of a plan shifts no other draw (a running generator would, and the failure would vanish
 * while it is being shrunk).
 *
 * Hash: cyrb53 by bryc (public domain), 53 bits, good enough an avalanche for draws.
 */
export function keyedHash(text: string, seed: number): number {
  let h1 = 0xdeadbeef ^ seed;
  let h2 = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    h1 = Math.imul(h1 ^ code, 2654435761);
    h2 = Math.imul(h2 ^ code, 1597334677);
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  return 4294967296 * (2097151 & h2) + (h1 >>> 0);
}

/** A number in [0, 1) for this key. */
export function keyed(seed: number, key: string): number {
  return keyedHash(key, seed) / 9007199254740992;
}

/** A whole number in [0, below) for this key. */
export function keyedBelow(seed: number, key: string, below: number): number {
  return Math.floor(keyed(seed, key) * below);
}

export function keyedPick<T>(seed: number, key: string, from: readonly T[]): T {
  return from[keyedBelow(seed, key, from.length)] as T;
}

/** An id that looks like a uuid and is unique for its key. */
export function keyedUuid(seed: number, key: string): string {
  const high = keyedHash(`${key}/a`, seed).toString(16).padStart(14, '0');
  const low = keyedHash(`${key}/b`, seed).toString(16).padStart(14, '0');
  const digits = `${high}${low}`;
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(16, 28)}`;
}
