import type { DiskFault, NetFault, Plan, TimeFault, UserStep } from '../../plan/plan.ts';

/** A fault at a step of its kind instead of a number: the n-th `append sealed`, the first `POST`. */
export type NamedFault =
  | {
      readonly step: string;
      readonly do: DiskFault;
      /** From 1 (default). */
      readonly nth?: number;
      readonly device?: number;
    }
  | {
      readonly request: 'GET' | 'POST' | 'PATCH' | 'DELETE';
      readonly do: NetFault;
      readonly nth?: number;
      readonly device?: number;
    }
  | TimeFault;

/** What a scenario is about; the tests ask for them by these words. */
export type ScenarioGroup =
  | 'write'
  | 'coalesce'
  | 'inFlight'
  | 'deadLetter'
  | 'cancel'
  | 'network'
  | 'pull'
  | 'bootstrap'
  | 'conflict'
  | 'checkpoint'
  | 'disk'
  | 'damage'
  | 'clear';

/** A small day without a crash: the ground on which the exhaustive mode puts one at every step. */
export interface Scenario {
  readonly name: string;
  readonly group: ScenarioGroup;
  readonly plan: Omit<Plan, 'faults'>;
  readonly faults: readonly NamedFault[];
  /** Durable steps that it is about: without each of them it is not this scenario. */
  readonly steps: readonly string[];
}

/** What a person does: device 0 and record 0 where nothing else is said. */
export type Doing = readonly [at: number, act: UserStep['do'], record?: number, device?: number];

/** A row of the table: one scenario for each of its variants. */
export interface ScenarioRow {
  readonly name: string;
  readonly group: ScenarioGroup;
  readonly doing: readonly Doing[];
  readonly steps: readonly string[];
  readonly faults?: readonly NamedFault[];
  /** Run once for each: who gives the ids, what a refusal does to what is shown. */
  readonly ids?: readonly Plan['ids'][];
  readonly onReject?: readonly Plan['onReject'][];
  readonly devices?: number;
  readonly seeded?: number;
  readonly serverPage?: number;
  /** What is not sent is kept on a second shelf. */
  readonly shelf?: boolean;
}

export const bothIds = ['client', 'server'] as const;
export const bothRejects = ['keep', 'rollback'] as const;

export const offline = (from: number, span: number, device = 0): TimeFault => ({
  ...{ on: 'time', do: 'offline', device },
  at: from,
  for: span,
});

/** No network from the beginning: what is written meanwhile is sealed later, together. */
export const away = offline(0, 2_000);

/** The steps of a change that reaches the server. */
export const sent = ['append recorded', 'append sealed', 'append answered'];

export const refusedOnce: readonly Doing[] = [
  [500, 'create'],
  [1_000, 'refused'],
];

/** The scenarios of a row, one for each variant. */
export function variantsOf(row: ScenarioRow): Scenario[] {
  return (row.ids ?? ['client']).flatMap((ids) =>
    (row.onReject ?? ['keep']).map((onReject): Scenario => {
      const { group, faults = [], steps, devices = 1, seeded, serverPage, shelf } = row;
      const words = [ids === 'server' && 'server ids', onReject === 'rollback' && onReject];
      return {
        ...{ group, faults, steps },
        name: [`${group}: ${row.name}`, ...words.filter(Boolean)].join(', '),
        plan: {
          ...{ devices, ids, onReject },
          ...(seeded !== undefined && { seeded }),
          ...(serverPage !== undefined && { serverPage }),
          ...(shelf && { shelf }),
          steps: row.doing.map(([at, act, record = 0, device = 0]) => ({
            ...{ at, device, record },
            do: act,
          })),
        },
      };
    }),
  );
}
