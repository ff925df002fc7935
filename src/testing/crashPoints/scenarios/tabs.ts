import type { Plan, UserStep } from '../../plan/plan.ts';
import { openedAt } from '../../plan/tabDays.ts';
import type { NamedFault } from './row.ts';

/** A small day of two tabs without a stop: the ground on which one is stopped at every moment. */
export interface TabScenario {
  readonly name: string;
  /** Of the seed that says when the second tab opens. */
  readonly plan: (seed: number) => Omit<Plan, 'faults'>;
  readonly faults: readonly NamedFault[];
}

type Doing = readonly [at: number, tab: 0 | 1, act: UserStep['do'], record?: number];

interface TabDay {
  /** Of the moment at which the second tab opens. */
  readonly doing: (opened: number) => readonly Doing[];
  readonly together?: boolean;
  readonly shelf?: boolean;
  readonly seeded?: number;
  readonly faults?: readonly NamedFault[];
}

const days: Readonly<Record<string, TabDay>> = {
  'both write one record': {
    doing: () => [
      [100, 0, 'create'],
      [2_100, 1, 'update'],
      [2_100, 0, 'update'],
      [2_400, 1, 'checkpoint'],
      [2_600, 1, 'remove'],
      [2_700, 0, 'create', 1],
    ],
  },
  'one opens while the other writes and checkpoints': {
    doing: (opened) => [
      [opened - 60, 0, 'create'],
      [opened - 30, 0, 'checkpoint'],
      [opened - 1, 0, 'update'],
      [opened + 2, 0, 'checkpoint'],
      [opened + 60, 0, 'update'],
      [opened + 80, 0, 'create', 1],
      [opened + 100, 0, 'checkpoint'],
      [opened + 900, 0, 'update', 1],
      [opened + 1_000, 0, 'checkpoint'],
    ],
  },
  'one writes before it has read': {
    doing: (opened) => [
      [opened - 60, 0, 'create'],
      [opened + 1, 1, 'create', 1],
      [opened + 3, 1, 'upsert', 1],
      [opened + 6, 1, 'upsert'],
      [opened + 900, 0, 'update', 1],
      [opened + 1_000, 0, 'checkpoint'],
    ],
  },
  'both open at once and write': {
    together: true,
    doing: (opened) => [
      [opened + 1, 1, 'create'],
      [opened + 4, 1, 'upsert'],
      [opened + 5, 0, 'create', 1],
      [opened + 900, 0, 'checkpoint'],
    ],
  },
  'one does not hear that its first write was kept': {
    ...{ together: true, seeded: 0, faults: [{ step: 'append recorded', do: 'lostAfter' }] },
    doing: (opened) => [
      [opened + 3, 1, 'create'],
      [opened + 900, 0, 'upsert'],
      [opened + 1_200, 0, 'checkpoint'],
    ],
  },
  'one clears while the other writes': {
    doing: () => [
      [100, 0, 'create'],
      [2_100, 1, 'update'],
      [2_102, 0, 'clear'],
      [2_105, 1, 'create', 1],
      [2_600, 0, 'create', 2],
    ],
  },
  'one decides over what the other was refused': {
    doing: () => [
      [100, 0, 'create'],
      [2_100, 0, 'refused'],
      [2_400, 1, 'edit'],
      [2_700, 1, 'refused'],
      [3_000, 0, 'discard'],
    ],
  },
  'both with a second shelf': {
    shelf: true,
    doing: () => [
      [100, 0, 'create'],
      [2_100, 1, 'create', 1],
      [2_110, 1, 'update'],
      [2_400, 0, 'checkpoint'],
    ],
  },
};

export const tabScenarios: readonly TabScenario[] = Object.entries(days).map(([name, day]) => ({
  ...{ name: `tabs: ${name}`, faults: day.faults ?? [] },
  plan: (seed) => {
    const { doing, together = false, shelf = false, seeded = 2 } = day;
    return {
      ...{ devices: 1, tabs: 2, ids: 'client', onReject: 'keep', seeded },
      ...(together && { together }),
      ...(shelf && { shelf }),
      steps: doing(openedAt(seed, 0, 1, together)).map(([at, tab, act, record = 0]) => ({
        ...{ at: Math.max(0, at), device: 0, tab, record },
        do: act,
      })),
    };
  },
}));
