/**
 * What each status means (protocol, "What each answer means"), row by row. What stands in no row
 * is decided by its class.
 */
const rows = [
  [[200, 201, 203, 204, 205], 'done'],
  [[202], 'underWay'],
  // No redirect: an answer to a condition that nobody set.
  [[304], 'unreadable'],
  [[401], 'unauthorized'],
  [[403], 'forbidden'],
  [[404], 'notFound'],
  [[409], 'contested'],
  [[410], 'gone'],
  [[412, 428], 'changed'],
  [[413, 431], 'tooLarge'],
  [[429], 'paused'],
  [[503], 'unavailable'],
  [[408, 421, 423, 425], 'later'],
  [[405, 406, 407, 415, 426, 501, 505, 511], 'misdeployed'],
] as const;

/** By the first digit; 0 is a redirect of which the browser tells no more. */
const classes = {
  0: 'misdeployed',
  // No last answer; and of 2xx what is none to a request of ours (206: half a record).
  1: 'unreadable',
  2: 'unreadable',
  3: 'misdeployed',
  4: 'refused',
  5: 'later',
} as const;

export type Meaning = (typeof rows)[number][1] | (typeof classes)[keyof typeof classes];

const passing: ReadonlySet<Meaning> = new Set(['later', 'unreadable', 'unavailable'] as const);

const byStatus: ReadonlyMap<number, Meaning> = new Map(
  rows.flatMap(([statuses, meaning]) => statuses.map((status) => [status, meaning] as const)),
);

/** Whether the same request may well be answered otherwise at once: the server is busy, or garbled. */
export function isPassing(status: number): boolean {
  return passing.has(meaningOf(status));
}

export function meaningOf(status: number): Meaning {
  const known = byStatus.get(status);
  if (known) return known;
  const first = Math.trunc(status / 100);
  return first in classes ? classes[first as keyof typeof classes] : 'unreadable';
}
