import { keyed, keyedBelow, keyedPick } from '../world/keyed.ts';
import {
  authFaults,
  batchFaults,
  busFaults,
  type DeviceFault,
  type DiskFault,
  deviceFaults,
  diskFaults,
  type Fault,
  type NetFault,
  netFaults,
  type Plan,
  sharedFaults,
  simPolicies,
  type TimeFault,
  tabFaults,
  type UserStep,
} from './plan.ts';
import { areRestored, early, openedAt, tabsOf, welcomes } from './tabDays.ts';

export interface Appetite {
  /** What people do, at most. */
  readonly steps: number;
  readonly devices: number;
  /** Kinds that may be used. */
  readonly net: readonly NetFault[];
  readonly disk: readonly DiskFault[];
  readonly time: readonly TimeFault['do'][];
}

/** Where a second shelf makes good what the database has lost. */
const ofShelves: ReadonlySet<DeviceFault> = new Set(['wipeTwice', 'fallBack']);

const wholeAppetite: Appetite = {
  ...{ steps: 24, devices: 3 },
  ...{ net: netFaults, disk: diskFaults },
  // Without a second shelf there is nothing to take over.
  time: [...deviceFaults.filter((kind) => !ofShelves.has(kind)), ...tabFaults, ...busFaults],
};

const doings = [
  ...['create', 'update', 'update', 'update', 'update', 'upsert', 'remove', 'refused'],
  ...['cancel', 'retry', 'edit', 'discard', 'resolve', 'pull', 'checkpoint', 'reload'],
  ...['child', 'dependent'],
] as UserStep['do'][];

/** What somebody does with many records in one go. */
const rush = ['create', 'create', 'upsert', 'update', 'refused', 'remove'] as UserStep['do'][];
/** Share of the steps that belong to the one before: where several requests at once matter, and elsewhere. */
const manyRushes = 0.5;
const fewRushes = 0.1;
/** ms in which people act, beside the 2 s that every day has: several tabs watch each other all the time. */
const longestDay = 60_000;
const longestDayOfTabs = 12_000;

/** ms in which the steps of one moment come: about as long as a request takes. */
const burst = 150;

/** Records of which a pull takes more than one page. */
const crowd = 1_800;
/** More than the rows after which the kit writes a checkpoint by itself. */
const manyEdits = 1_400;
/** ms after a step in which a tab is stopped that meets it: its write is on its way to the disk. */
const soonAfter = 5;
/** Devices where each has several tabs, at most. */
const fewDevices = 2;
/** Share of the days on which the server's data is told to begin anew, once or twice. */
const newEpochs = 0.1;
/** Share of the days with a second shelf, and of those in which a database is lost: 5% of all. */
const shelves = 0.12;
const losses = 0.45;
/** Share of the days of batches (of credentials) on which one of their troubles comes. */
const rareRate = 0.3;
/** Share of the days on which conflicts are not merged. */
const policies = 0.25;
/** Share of the days of ids made here on which the server knows no keys: with its own it could make two. */
const keyless = 0.15;
/** Share of the days of plain lists on which they come in pages by place. */
const placed = 0.4;
/** Requests in a row that meet the same trouble, at most, where it lasts. */
const lasting = 20;

/**
 * A random plan: each seed turns on its own subset of fault kinds, with its own rates (a swarm), and
 * few records are shared by all devices, so that conflicts are common.
 */
export function generate(seed: number, appetite: Appetite = wholeAppetite): Plan {
  const at = (key: string, below: number) => keyedBelow(seed, key, below);
  const tabs = tabsOf(seed);
  const devices = 1 + at('devices', tabs === 1 ? appetite.devices : fewDevices);
  const records = keyed(seed, 'few') < 0.2 ? 1 + at('records', 2) : 3 + at('records', 6);
  const span = 2_000 + at('span', tabs === 1 ? longestDay : longestDayOfTabs);
  const count = 3 + at('steps', appetite.steps);
  const moments = 1 + at('moments', 8);
  const usual = [
    ...doings,
    ...(keyed(seed, 'clears') < 0.1 ? (['clear'] as const) : []),
    ...(tabs > 1 ? (['checkpoint', 'checkpoint', 'cancel'] as const) : []),
  ];
  const server = serverOf(seed, tabs);
  const ids: Pick<Plan, 'ids' | 'keyless'> =
    keyed(seed, 'ids') < 0.25
      ? { ids: 'server' }
      : { ids: 'client', ...(keyed(seed, 'keyless') < keyless && { keyless: true }) };
  const rushes = server.batch || server.auth ? manyRushes : fewRushes;
  const steps: UserStep[] = [];
  for (let i = 0; i < count; i++) {
    const previous = steps.at(-1);
    // Tabs meet on one record at one moment.
    const met = tabs > 1 && keyed(seed, `close/${i}`) < 0.4 ? previous : undefined;
    // Somebody writes several records in one go: they share a batch, or the line.
    const isRush = !met && keyed(seed, `rush/${i}`) < rushes;
    const last = met ?? (isRush ? previous : undefined);
    steps.push({
      at: last ? last.at + at(`close/by/${i}`, soonAfter) : momentOf(seed, i, moments, span),
      device: last?.device ?? at(`device/${i}`, devices),
      record: met?.record ?? at(`record/${i}`, records),
      ...(tabs > 1 && { tab: at(`tab/${i}`, tabs) }),
      do: keyedPick(seed, `do/${i}`, isRush ? rush : usual),
    });
  }
  const together = tabs > 1 && areRestored(seed);
  if (tabs > 1) steps.push(...welcomes(seed, { devices, tabs, records, together }));
  const isDiligent = keyed(seed, 'diligent') < 0.004;
  const all = isDiligent ? [...steps.filter(isNoEnd), ...diligence(seed, span, records)] : steps;
  all.sort((a, b) => a.at - b.at);
  // A database that is taken away meanwhile would never come to so many rows.
  const kinds = isDiligent ? { ...appetite, time: [] } : appetite;
  const isShelved = !isDiligent && keyed(seed, 'shelf') < shelves;
  const faults = [
    ...faultsOf(seed, suited(kinds, server), devices, span, all),
    ...(isShelved ? lossesOf(seed, devices, span) : []),
    ...(isShelved ? shelfTroublesOf(seed, devices, span) : []),
  ];
  return {
    ...{ devices, steps: all, faults },
    ...server,
    ...(isShelved && { shelf: true }),
    ...epochsOf(seed, span),
    ...(together && { together }),
    onReject: keyed(seed, 'reject') < 0.3 ? 'rollback' : 'keep',
    ...(keyed(seed, 'conflict') < policies && {
      conflict: keyedPick(seed, 'conflict/policy', simPolicies),
    }),
    ...ids,
    ...versionsOf(seed, ids.keyless === true),
    ...peopled(seed, ids.ids, server.plainLists === true),
  };
}

const losable = ['wipe', 'wipeLater', 'wipeTwice', 'wipeTwice', 'fallBack', 'fallBack'] as const;

/** Databases that are deleted or fall back, beside what the swarm does: most of all while one is taken over. */
function lossesOf(seed: number, devices: number, span: number): Fault[] {
  const count = keyed(seed, 'losses') < losses ? 1 + keyedBelow(seed, 'losses/n', 2) : 0;
  return Array.from({ length: count }, (_, i) => ({
    on: 'time',
    device: keyedBelow(seed, `loss/device/${i}`, devices),
    at: keyedBelow(seed, `loss/at/${i}`, span),
    do: keyedPick(seed, `loss/${i}`, losable),
  }));
}

/** Days on which a shelf that is kept has its own trouble: most of all while a database is lost. */
const shelfTroubles = 0.4;

/** What befalls the second shelves. */
function shelfTroublesOf(seed: number, devices: number, span: number): Fault[] {
  const at = (key: string, below: number) => keyedBelow(seed, `shelfTrouble/${key}`, below);
  const count = keyed(seed, 'shelfTroubles') < shelfTroubles ? 1 + at('n', 3) : 0;
  return Array.from({ length: count }, (_, i): Fault => {
    const fault = {
      on: 'time',
      device: at(`device/${i}`, devices),
      at: at(`at/${i}`, span),
    } as const;
    if (keyed(seed, `shelfTrouble/${i}`) < 0.3) return { ...fault, do: 'shelfDies' };
    return { ...fault, do: 'fullShelf', for: 500 + at(`for/${i}`, span / 2) };
  });
}

/** When the server's data is told to begin anew. */
function epochsOf(seed: number, span: number): Pick<Plan, 'epochs'> {
  if (keyed(seed, 'epochs') >= newEpochs) return {};
  const count = 1 + keyedBelow(seed, 'epochs/n', 2);
  return { epochs: Array.from({ length: count }, (_, i) => keyedBelow(seed, `epoch/${i}`, span)) };
}

/** Which ways the server and the devices have to speak with each other. */
function serverOf(
  seed: number,
  tabs: number,
): Pick<Plan, 'batch' | 'auth' | 'bare' | 'noDeletes' | 'tabs' | 'plainLists'> {
  return {
    ...(keyed(seed, 'batch') < 0.25 && { batch: 2 + keyedBelow(seed, 'batch/of', 5) }),
    ...(keyed(seed, 'auth') < 0.25 && tabs === 1 && { auth: true }),
    ...(tabs > 1 && { tabs }),
    ...(keyed(seed, 'bare') < 0.1 && { bare: true }),
    ...(keyed(seed, 'noDeletes') < 0.05 && { noDeletes: true }),
    ...(keyed(seed, 'plainLists') < 0.08 && { plainLists: true }),
  };
}

/** How versions are told, and whether they must be named. */
function versionsOf(
  seed: number,
  isKeyless: boolean,
): Pick<Plan, 'versioning' | 'demandsVersions'> {
  const kind = keyed(seed, 'versions');
  if (kind < 0.06) return { versioning: 'field' };
  if (kind < 0.1) return isKeyless ? {} : { versioning: 'none' };
  return kind < 0.16 ? { demandsVersions: true } : {};
}

/** Without the faults that could not strike there. */
function suited(
  appetite: Appetite,
  { batch, auth, tabs = 1 }: Pick<Plan, 'batch' | 'auth' | 'tabs'>,
): Appetite {
  const isSuited = (kind: NetFault) =>
    (auth || !authFaults.includes(kind)) && (batch || !batchFaults.includes(kind));
  const time = appetite.time.filter((kind) => tabs > 1 || !sharedFaults.has(kind));
  return { ...appetite, net: appetite.net.filter(isSuited), time };
}

/** A checkpoint that is asked for, or a start, would cover what the one that is due does. */
function isNoEnd(step: UserStep): boolean {
  return step.do !== 'checkpoint' && step.do !== 'reload';
}

/** So many edits in a short time that a checkpoint is due, of several slices, while they go on. */
function diligence(seed: number, span: number, records: number): UserStep[] {
  const begin = keyedBelow(seed, 'diligence', span);
  return Array.from({ length: manyEdits }, (_, i) => ({
    at: begin + keyedBelow(seed, `diligence/${i}`, manyEdits),
    device: 0,
    record: keyedBelow(seed, `diligence/of/${i}`, records),
    do: 'upsert',
  }));
}

/**
 * What the server has before anybody comes: mostly nothing, now and then some records that come in
 * small pages, seldom very many. Where the server gives the ids, its own are no keys of a device.
 */
function peopled(
  seed: number,
  ids: Plan['ids'],
  isPlain: boolean,
): Pick<Plan, 'seeded' | 'serverPage'> {
  const kind = ids === 'server' ? 1 : keyed(seed, 'seeded');
  if (kind < 0.004) return { seeded: crowd };
  const isPlaced = isPlain && keyed(seed, 'placed') < placed;
  if (kind > 0.12) return isPlaced ? { serverPage: 1 + keyedBelow(seed, 'place', 3) } : {};
  const seeded = 1 + keyedBelow(seed, 'seeded/n', 12);
  const serverPage = 1 + keyedBelow(seed, 'page', 6);
  return keyed(seed, 'pages') < 0.5 ? { seeded, serverPage } : { seeded };
}

/** When a person acts: before the page is ready, together with others, or at any time. */
function momentOf(seed: number, i: number, moments: number, span: number): number {
  const at = (key: string, below: number) => keyedBelow(seed, key, below);
  const kind = keyed(seed, `when/${i}`);
  if (kind < 0.06) return at(`early/${i}`, early);
  if (kind < 0.4) return at(`at/${i}`, span);
  return at(`moment/${at(`of/${i}`, moments)}`, span) + at(`burst/${i}`, burst);
}

/** A whole number in [0, below), the smaller ones more often: short runs meet their faults too. */
function soon(seed: number, key: string, below: number): number {
  return Math.floor(keyed(seed, key) ** 2 * below);
}

/** Has its own days: on those it comes often. */
function isRare(kind: NetFault): boolean {
  return authFaults.includes(kind) || batchFaults.includes(kind);
}

/** How often in a row a trouble is met: mostly once, now and then for a while. */
function lengthOf(seed: number, key: string): number {
  return keyed(seed, `lasts/${key}`) < 0.1 ? 2 + keyedBelow(seed, `length/${key}`, lasting) : 1;
}

function faultsOf(
  seed: number,
  appetite: Appetite,
  devices: number,
  span: number,
  steps: readonly UserStep[],
): Fault[] {
  const at = (key: string, below: number) => keyedBelow(seed, key, below);
  const isOn = (kind: string) => keyed(seed, `on/${kind}`) < 0.3;
  // Of so many kinds a few at a time: a day on which everything goes wrong does nothing else.
  const netRate = 0.02 + keyed(seed, 'net rate') * 0.25;
  const rateOf = (kind: NetFault) => (isRare(kind) ? rareRate : netRate);
  const faults: Fault[] = [];
  for (const kind of appetite.net.filter((it) => keyed(seed, `on/${it}`) < rateOf(it))) {
    for (let i = 0; i < 1 + at(`many/${kind}`, 4); i++) {
      const key = `${kind}/${i}`;
      const device = at(`d/${key}`, devices);
      const first = 1 + soon(seed, `n/${key}`, 30);
      const length = lengthOf(seed, key);
      for (let n = first; n < first + length; n++)
        faults.push({ on: 'request', device, n, do: kind });
    }
  }
  for (const kind of appetite.disk.filter(isOn)) {
    for (let i = 0; i < 1 + at(`many/${kind}`, 3); i++) {
      const key = `${kind}/${i}`;
      const device = at(`d/${key}`, devices);
      const first = 1 + soon(seed, `n/${key}`, 40);
      const lasts = kind === 'slowDisk' || kind === 'quota';
      const length = lasts ? lengthOf(seed, key) : 1;
      for (let n = first; n < first + length; n++) faults.push({ on: 'disk', device, n, do: kind });
    }
  }
  for (const kind of appetite.time.filter((it) => !sharedFaults.has(it) && isOn(it))) {
    const key = `time/${kind}`;
    const fault = {
      on: 'time',
      device: at(`d/${key}`, devices),
      at: at(`t/${key}`, span),
      do: kind,
    } as const;
    faults.push(kind === 'offline' ? { ...fault, for: 500 + at(`for/${key}`, 40_000) } : fault);
  }
  const shared = appetite.time.filter(
    (it) => sharedFaults.has(it) && keyed(seed, `on/${it}`) < 0.5,
  );
  for (const kind of shared) {
    for (let i = 0; i < 1 + at(`many/${kind}`, 3); i++) {
      faults.push(sharedFault(seed, kind, i, devices, span, steps));
    }
  }
  return faults;
}

/** What befalls a tab, or the messages between tabs: for a while, now and then for good. */
function sharedFault(
  seed: number,
  kind: TimeFault['do'],
  i: number,
  devices: number,
  span: number,
  steps: readonly UserStep[],
): TimeFault {
  const key = `shared/${kind}/${i}`;
  const below = (what: string, limit: number) => keyedBelow(seed, `${what}/${key}`, limit);
  const isOfTab = (tabFaults as readonly string[]).includes(kind);
  const isForGood = (kind === 'hangTab' || kind === 'freezeTab') && keyed(seed, `end/${key}`) < 0.4;
  const isMoment = kind === 'closeTab' || kind === 'crashTab';
  const chance = keyed(seed, `meets/${key}`);
  const place = { device: below('d', devices), tab: below('tab', tabsOf(seed)) };
  // Often just when something was done in that very tab, or while it reads its disk for the first time.
  const step = chance < 0.5 ? steps[below('step', steps.length)] : undefined;
  const isAtStart = chance > 0.85 && place.tab > 0;
  const met = isAtStart
    ? { ...place, at: openedAt(seed, place.device, place.tab, areRestored(seed)) }
    : step;
  const { device, at, tab = 0 } = met ?? { ...place, at: below('t', span) };
  return {
    ...{ on: 'time', device, at: met ? at + keyed(seed, `soon/${key}`) * soonAfter : at, do: kind },
    ...(isOfTab && { tab }),
    ...(!isForGood && !isMoment && { for: 500 + below('for', longestDayOfTabs) }),
  };
}
