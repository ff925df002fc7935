/** Turns a row of version `v` into one of version `v + 1`. Pure; may refuse by giving null or throwing. */
export type Upcaster = (row: Record<string, unknown>) => Record<string, unknown> | null;

/** The version that this build writes. */
const rowVersion = 1;

/** By row type, then by the version they read. Empty until a format changes after a release. */
export const upcasters: Readonly<Record<string, Readonly<Record<number, Upcaster>>>> = {};

/** Brings a row up to `rowVersion`, step by step; null where a step is missing or refuses. */
export function upcast(
  row: Record<string, unknown>,
  known: typeof upcasters = upcasters,
  target: number = rowVersion,
): Record<string, unknown> | null {
  let current: Record<string, unknown> | null = row;
  while (current && typeof current.v === 'number' && current.v < target) {
    const type: unknown = current.type;
    const step: Upcaster | undefined =
      typeof type === 'string' ? known[type]?.[current.v] : undefined;
    const next: Record<string, unknown> | null = step ? attempt(step, current) : null;
    current = next ? { ...next, v: (current.v as number) + 1 } : null;
  }
  return current?.v === target ? current : null;
}

/** A bug of one step makes one row unreadable; thrown on, it would stop every start. */
function attempt(step: Upcaster, row: Record<string, unknown>): Record<string, unknown> | null {
  try {
    return step(row);
  } catch {
    return null;
  }
}
