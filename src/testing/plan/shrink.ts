import { type Fault, type Plan, sharedFaults, type UserStep } from './plan.ts';

export interface ShrinkOptions {
  /** Whether this plan breaks the same promise. */
  readonly fails: (plan: Plan) => Promise<boolean>;
  /** Runs at most. */
  readonly runs: number;
  /** Whether it has taken too long. */
  readonly isOver: () => boolean;
}

export interface Shrunk {
  readonly plan: Plan;
  readonly runs: number;
  /** `smallest`: no single change of those known here leaves it failing. */
  readonly ended: 'smallest' | 'runs' | 'time';
}

/** Tries a plan; true if it fails in the same way, and then it is the best so far. */
type Attempt = (plan: Plan) => Promise<boolean>;

/**
 * Makes a failing plan small: devices and tabs first, then faults, steps, and values, again and again until
 * nothing can go. A change is kept if the same promise is broken. Possible since draws are keyed:
 * leaving out a step shifts no other. Removal by halves is ddmin (Zeller and Hildebrandt, 2002).
 * The net's and the disk's latencies are not in a plan, so they stay as the seed gives them.
 */
export async function shrink(plan: Plan, options: ShrinkOptions): Promise<Shrunk> {
  const { fails, isOver } = options;
  const tried = new Set([JSON.stringify(plan)]);
  let best = plan;
  let runs = 0;
  let ended: Shrunk['ended'] = 'smallest';
  const attempt: Attempt = async (candidate) => {
    if (ended !== 'smallest') return false;
    const text = JSON.stringify(candidate);
    if (tried.has(text)) return false;
    tried.add(text);
    if (runs >= options.runs) ended = 'runs';
    else if (isOver()) ended = 'time';
    if (ended !== 'smallest') return false;
    runs++;
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  const current = () => best;
  for (let before: Plan | null = null; before !== best && ended === 'smallest'; ) {
    before = best;
    await dropDevices(current, attempt);
    await dropTabs(current, attempt);
    await drop('faults', current, attempt);
    await drop('steps', current, attempt);
    await simplify(current, attempt);
  }
  await attempt({ ...best, steps: best.steps.toSorted((a, b) => a.at - b.at) });
  return { plan: best, runs, ended };
}

/** Each device with all that is done on it and happens to it; those behind it move up. */
async function dropDevices(best: () => Plan, attempt: Attempt): Promise<void> {
  for (let device = best().devices - 1; device >= 0; device--) {
    const { devices, steps, faults } = best();
    if (devices === 1) return;
    const without = <T extends { readonly device: number }>(items: readonly T[]): T[] =>
      items
        .filter((item) => item.device !== device)
        .map((item) => (item.device > device ? { ...item, device: item.device - 1 } : item));
    await attempt({
      ...best(),
      ...{ devices: devices - 1, steps: without(steps), faults: without(faults) },
    });
  }
}

/** Each tab, of all devices, with all that is done in it and happens to it; those behind it move up. */
async function dropTabs(best: () => Plan, attempt: Attempt): Promise<void> {
  for (let tab = (best().tabs ?? 1) - 1; tab >= 0; tab--) {
    const { tabs = 1, steps, faults } = best();
    if (tabs === 1) return;
    const without = <T extends { readonly tab?: number }>(items: readonly T[]): T[] =>
      items
        .filter((item) => (item.tab ?? 0) !== tab)
        .map((item) => ((item.tab ?? 0) > tab ? { ...item, tab: (item.tab ?? 0) - 1 } : item));
    const left = without(faults as readonly (Fault & { readonly tab?: number })[]);
    const isShared = tabs > 2;
    const kept = isShared ? left : left.filter(({ do: kind }) => !sharedFaults.has(kind));
    await attempt({ ...best(), tabs: tabs - 1, steps: without(steps), faults: kept });
  }
}

/** Runs of items: half of them, a quarter, and so on to single ones. */
async function drop(list: 'faults' | 'steps', best: () => Plan, attempt: Attempt): Promise<void> {
  for (let size = best()[list].length; size >= 1; size >>= 1) {
    for (let from = 0; from < best()[list].length; ) {
      const less = best()[list].toSpliced(from, size) as Plan[typeof list];
      if (!(await attempt({ ...best(), [list]: less }))) from += size;
    }
  }
}

async function simplify(best: () => Plan, attempt: Attempt): Promise<void> {
  if (best().ids !== 'client') await attempt({ ...best(), ids: 'client' });
  if (best().onReject !== 'keep') await attempt({ ...best(), onReject: 'keep' });
  const { epochs, ...ofOneLife } = best();
  if (epochs) await attempt(ofOneLife);
  const { conflict, ...merging } = best();
  if (conflict) await attempt(merging);
  const { keyless, ...keyed } = best();
  if (keyless) await attempt(keyed);
  const { versioning, ...tagged } = best();
  if (versioning) await attempt(tagged);
  const { demandsVersions, ...lenient } = best();
  if (demandsVersions) await attempt(lenient);
  const { plainLists, ...telling } = best();
  if (plainLists) await attempt(telling);
  for (const field of ['seeded', 'serverPage'] as const) await simplifyNumber(field, best, attempt);
  for (const divisor of [10, 2]) while (await attempt(sooner(best(), divisor)));
  const records = new Set(best().steps.map(({ record }) => record));
  for (const record of records) if (record !== 0) await attempt(asFirstRecord(best(), record));
  for (let at = 0; at < best().faults.length; at++) {
    await simplifyItem('faults', at, simplerFaults, best, attempt);
  }
  for (let at = 0; at < best().steps.length; at++) {
    await simplifyItem('steps', at, simplerSteps, best, attempt);
  }
}

/** What may be left out of a plan is, or made smaller. */
async function simplifyNumber(
  field: 'seeded' | 'serverPage',
  best: () => Plan,
  attempt: Attempt,
): Promise<void> {
  const { [field]: _, ...without } = best();
  if (await attempt(without)) return;
  for (let again = true; again; ) {
    again = false;
    for (const value of lower(best()[field] ?? 0, 1)) {
      again = await attempt({ ...best(), [field]: value });
      if (again) break;
    }
  }
}

/** One item for as long as something simpler fails as well. */
async function simplifyItem<List extends 'faults' | 'steps'>(
  list: List,
  at: number,
  simpler: (item: Plan[List][number], plan: Plan) => readonly Plan[List][number][],
  best: () => Plan,
  attempt: Attempt,
): Promise<void> {
  for (let again = true; again; ) {
    again = false;
    const items: readonly Plan[List][number][] = best()[list];
    const item = items[at] as Plan[List][number];
    for (const candidate of simpler(item, best())) {
      again = await attempt({ ...best(), [list]: items.with(at, candidate) });
      if (again) break;
    }
  }
}

/** All moments nearer to the beginning. */
function sooner(plan: Plan, divisor: number): Plan {
  const nearer = <T extends object>(item: T): T =>
    'at' in item ? { ...item, at: Math.floor(Number(item.at) / divisor) } : item;
  return { ...plan, steps: plan.steps.map(nearer), faults: plan.faults.map(nearer) };
}

function asFirstRecord(plan: Plan, record: number): Plan {
  const steps = plan.steps.map((step) => (step.record === record ? { ...step, record: 0 } : step));
  return { ...plan, steps };
}

/** Of each kind those that say less; never in a circle. */
const simplerKinds: Readonly<Record<string, readonly string[]>> = {
  upsert: ['create', 'update'],
  remove: ['update'],
  refused: ['update'],
  edit: ['retry'],
  discard: ['retry'],
  reload: ['update'],
  powerLoss: ['kill'],
  wipeLater: ['wipe'],
  wipeTwice: ['wipe'],
  fallBack: ['powerLoss'],
  closeTab: ['crashTab'],
  freezeTab: ['hangTab'],
  delayMessages: ['loseMessages'],
  doubleMessages: ['loseMessages'],
  powerLossBefore: ['killBefore'],
  powerLossAfter: ['killAfter'],
  hangDisk: ['lostBefore'],
  redirect: ['dropRequest'],
  delayRequest: ['dropRequest'],
  slow: ['delayAnswer', 'dropAnswer'],
  delayAnswer: ['dropAnswer'],
  truncate: ['dropAnswer'],
  html: ['status500', 'dropRequest'],
  status500: ['dropRequest'],
  locked: ['status500'],
  tooMany: ['unavailable', 'status500'],
  unavailable: ['status500'],
  accepted: ['status500'],
  pausedBare: ['tooMany'],
  pausedDate: ['tooMany'],
  pausedLong: ['tooMany'],
  acceptedLong: ['accepted'],
  idleBody: ['dropAnswer'],
  hugeBody: ['truncate'],
  badDeploy: ['status500'],
};

function simplerSteps(step: UserStep, plan: Plan): UserStep[] {
  const moments = plan.steps.map((other) => other.at);
  return [
    ...(simplerKinds[step.do] ?? []).map((kind) => ({ ...step, do: kind as UserStep['do'] })),
    ...(step.record > 0 ? [{ ...step, record: 0 }] : []),
    ...(step.device > 0 ? [{ ...step, device: 0 }] : []),
    ...earlier(step.at, moments).map((at) => ({ ...step, at })),
  ];
}

function simplerFaults(fault: Fault, plan: Plan): Fault[] {
  const kinds = (simplerKinds[fault.do] ?? []).map((kind) => ({ ...fault, do: kind }) as Fault);
  const nearer = fault.device > 0 ? [{ ...fault, device: 0 }] : [];
  if (fault.on !== 'time') {
    return [...kinds, ...nearer, ...lower(fault.n, 1).map((n) => ({ ...fault, n }))];
  }
  const moments = plan.steps.map((step) => step.at);
  const times = earlier(fault.at, moments).map((at) => ({ ...fault, at }));
  const { for: long } = fault;
  const shorter = long === undefined ? [] : earlier(long, []).map((ms) => ({ ...fault, for: ms }));
  return [...kinds, ...nearer, ...times, ...shorter];
}

/** Whole numbers below, boldest first. */
function lower(n: number, least: number): number[] {
  const candidates = [least, Math.floor(n / 2), n - 1];
  return [...new Set(candidates)].filter((value) => value >= least && value < n);
}

/** Moments before: the beginning, that of another step, rounder ones. */
function earlier(at: number, others: readonly number[]): number[] {
  const round = [10_000, 1_000, 100, 10].map((unit) => Math.floor(at / unit) * unit);
  const previous = others.filter((other) => other < at).toSorted((a, b) => b - a)[0] ?? 0;
  const candidates = [0, previous, Math.floor(at / 2), ...round];
  return [...new Set(candidates)].filter((value) => value < at);
}
