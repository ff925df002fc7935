import { allCells } from './cells.ts';
import type { Checked } from './check.ts';
import type { Composition } from './space.ts';
import { recordCells } from './subjects.ts';
import { unreachedCells } from './unreached.ts';

export interface Coverage {
  readonly machine: string;
  readonly cells: number;
  readonly used: number;
  /** Known not to be met, with the reason. */
  readonly excused: number;
  /** Cells that are neither met nor excused, and excuses for what is met or is no cell. */
  readonly problems: readonly string[];
}

/** Every cell of every machine is used by some exploration, or it is written down why not. */
export function coverageOf(
  { parts, law }: Composition,
  explorations: readonly Checked[],
): readonly Coverage[] {
  const cells = new Map([['record', recordCells(law)]]);
  for (const { name, machine } of parts) cells.set(name, allCells(machine));
  return [...cells].map(([machine, all]) => {
    const used = new Set(explorations.flatMap((checked) => [...(checked.used.get(machine) ?? [])]));
    const excuses = Object.keys(unreachedCells[machine] ?? {});
    const problems = [
      ...all
        .filter((cell) => !used.has(cell) && !excuses.includes(cell))
        .map((cell) => `${machine}: ${cell} is never used`),
      ...excuses
        .filter((cell) => used.has(cell))
        .map((cell) => `${machine}: ${cell} is used after all`),
      ...excuses
        .filter((cell) => !all.includes(cell))
        .map((cell) => `${machine}: ${cell} is no cell`),
    ];
    const met = all.filter((cell) => used.has(cell)).length;
    return { machine, cells: all.length, used: met, excused: excuses.length, problems };
  });
}
