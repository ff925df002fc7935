/** What the platform tells of the network. Much of it is missing in most browsers. */
export interface NetworkKind {
  readonly type: 'wifi' | 'wired' | 'cellular' | 'unknown';
  /** Whether bytes cost money, or are to be spared; null: not told. */
  readonly metered: boolean | null;
}

/**
 * Which network may be used. `any` (default): all. `unmetered`: not where the platform says that
 * bytes cost. `wifi`: not on a cellular one. `none`: the platform's word is not asked at all, only
 * whether the server answers.
 */
export type NetworkRequirement = 'any' | 'unmetered' | 'wifi' | 'none';

export const networkRequirements: readonly NetworkRequirement[] = [
  ...(['any', 'unmetered', 'wifi', 'none'] as const),
];

/** Whether a network may be used; what the platform does not tell forbids nothing. */
export function isSuited(requirement: NetworkRequirement, kind: NetworkKind): boolean {
  if (requirement === 'unmetered') return kind.metered !== true;
  if (requirement === 'wifi') return kind.type !== 'cellular';
  return true;
}
