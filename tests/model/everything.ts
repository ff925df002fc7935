import { type Checked, check } from './check.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { checkMachine, type MachineChecked } from './machineCheck.ts';
import { deep, line, lines, shipped, wide } from './shipped.ts';
import { partSubject, recordSubject } from './subjects.ts';
import { unreachedStates } from './unreached.ts';

/** The whole check of what ships. */
export interface Everything {
  readonly machines: readonly MachineChecked[];
  readonly explorations: readonly Checked[];
  readonly coverage: readonly Coverage[];
}

export function checkEverything(): Everything {
  const subjects = [recordSubject(), ...shipped.parts.map(partSubject)];
  const machines = subjects.map((subject) =>
    checkMachine(subject, Object.keys(unreachedStates[subject.name] ?? {})),
  );
  const explorations = [wide, deep, lines, line].map((bounds) => check(shipped, bounds));
  return { machines, explorations, coverage: coverageOf(shipped, explorations) };
}

/** What is wrong, each with the way to it; none: everything holds. */
export function troublesOf({ machines, explorations, coverage }: Everything): readonly string[] {
  const told = (property: string, why: string, path: readonly string[]) =>
    [`${property}: ${why}`, ...path.map((step, i) => `  ${i + 1}. ${step}`)].join('\n');
  return [
    ...machines.flatMap(({ name, violations }) =>
      violations.map(({ property, why, path }) => told(`${name}, ${property}`, why, path)),
    ),
    ...explorations.flatMap(({ violation }) =>
      violation ? [told(violation.property, violation.why, violation.path)] : [],
    ),
    ...coverage.flatMap(({ problems }) => problems),
  ];
}
