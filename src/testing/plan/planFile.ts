import { isJsonObject } from '../../../store/json.ts';
import {
  type Check,
  isBoolean,
  isCount,
  isNumber,
  isString,
  isText,
  listOf,
  nullable,
  oneOf,
  optional,
  shape,
} from '../../../store/rows/check.ts';
import { SimulationError } from '../world/world.ts';
import { checkedPlan, type Plan } from './plan.ts';

/** A plan that is kept: what it once broke, and the seed of all that the plan does not say. */
export interface PlanFile {
  readonly what: string | null;
  readonly invariant: string | null;
  readonly seed: number | null;
  readonly plan: Plan;
}

/** Draws take 32 bits of a seed: larger ones would be the same seeds again. */
export const largestSeed = 0xffff_ffff;

const isSeed: Check = (value) => isCount(value) && (value as number) <= largestSeed;
const isOrdinal: Check = (value) => isCount(value) && (value as number) > 0;
/** ms; not always whole: a crash is put between two events. */
const isMoment: Check = (value) => isNumber(value) && (value as number) >= 0;
const item = { device: isCount, tab: optional(isCount), do: isText };
const step = shape({ ...item, at: isMoment, record: isCount });
const atTime = shape({ ...item, on: oneOf('time'), at: isMoment, for: optional(isCount) });
const atOrdinal = shape({ ...item, on: oneOf('request', 'disk'), n: isOrdinal });

/** Part by part, so that a message can name what is wrong. */
const planParts: Readonly<Record<string, Check>> = {
  devices: isCount,
  ids: oneOf('client', 'server'),
  onReject: oneOf('keep', 'rollback'),
  seeded: optional(isCount),
  serverPage: optional(isOrdinal),
  epochs: optional(listOf(isMoment)),
  batch: optional(isOrdinal),
  auth: optional(isBoolean),
  bare: optional(isBoolean),
  noDeletes: optional(isBoolean),
  versioning: optional(oneOf('field', 'none')),
  demandsVersions: optional(isBoolean),
  plainLists: optional(isBoolean),
  tabs: optional(isOrdinal),
  shelf: optional(isBoolean),
  conflict: optional(isText),
  keyless: optional(isBoolean),
  together: optional(isBoolean),
};
const fileParts: Readonly<Record<string, Check>> = {
  what: optional(nullable(isString)),
  invariant: optional(nullable(isString)),
  seed: optional(nullable(isSeed)),
};

/**
 * Reads a kept plan, or a bare plan.
 * @param name for messages
 * @throws SimulationError that names the file and what is wrong in it
 */
export function readPlanFile(text: string, name: string): PlanFile {
  const refuse = (why: string): never => {
    throw new SimulationError(`${name}: ${why}`);
  };
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return refuse('this is no JSON');
  }
  if (!isJsonObject(raw)) return refuse('this is no plan');
  const file = isJsonObject(raw.plan) ? raw : { plan: raw };
  const plan = file.plan as Record<string, unknown>;
  for (const [part, check] of Object.entries(fileParts)) {
    if (!check((file as Record<string, unknown>)[part])) refuse(`"${part}" is malformed`);
  }
  for (const [part, check] of Object.entries(planParts)) {
    if (!check(plan[part])) refuse(`"${part}" of the plan is missing or malformed`);
  }
  for (const list of ['steps', 'faults'] as const) {
    if (!listOf(() => true)(plan[list])) refuse(`"${list}" of the plan is missing or no list`);
    (plan[list] as unknown[]).forEach((entry, at) => {
      const check =
        list === 'steps' ? step : isJsonObject(entry) && 'n' in entry ? atOrdinal : atTime;
      if (!check(entry)) refuse(`${list}[${at}] of the plan is malformed`);
    });
  }
  try {
    const { what = null, invariant = null, seed = null } = file as Partial<PlanFile>;
    return { what, invariant, seed, plan: checkedPlan(plan as unknown as Plan) };
  } catch (error) {
    return refuse((error as Error).message);
  }
}
