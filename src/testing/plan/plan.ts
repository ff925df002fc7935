import { SimulationError } from '../world/world.ts';

/** What can go wrong, by where it strikes. */
export const netFaults = [
  'dropRequest',
  'dropAnswer',
  'delayRequest',
  'delayAnswer',
  'duplicate',
  'truncate',
  'html',
  'redirect',
  'slow',
  'status500',
  /** 429 and 503 with Retry-After: the whole origin waits. */
  'tooMany',
  'unavailable',
  /** 202: asked again with the same key. */
  'accepted',
  /** 405 and its like: an address that takes nothing; the line trips. */
  'badDeploy',
  'locked',
  /** 502, 504, 408 and their like: tried again. */
  'gateway',
  /** 404: one answer that lies about its record, or where it lasts a deployment without routes. */
  'notFound',
  /** 400, 403, 413 and their like, for good: the key is refused whenever it comes again. */
  'refusal',
  /** 409, 412 or 428 without a record, though nobody has changed anything. */
  'precondition',
  /** 409: the same request is still under way. */
  'inProgress',
  /** 500 whenever this key comes, also when all has healed; it never took effect, or once. */
  'stuck',
  'stuckAfter',
  /** Done, and then a 500, or a 202. */
  'failedAfter',
  'acceptedAfter',
  /** Done, and told by a 206, a 304, or under a foreign content type. */
  'unreadable',
  /** Done, and told by 200 or 204 with nothing in it. */
  'emptyBody',
  /** What comes back is the answer to another request of the device. */
  'crossed',
  /** 401; new credentials are to be had, are not, nobody answers, or they are not accepted either. */
  'expired',
  'expiredDenied',
  'expiredAway',
  'expiredForever',
  /** 429 that names no time, a date, or a time that is longer than any wait of the kit's own. */
  'pausedBare',
  'pausedDate',
  'pausedLong',
  /** 202 that names such a time. */
  'acceptedLong',
  /** 200 to a create, with an error in its body: nothing was made. */
  'falseYes',
  /** Done, and the answer ends after its head, or is larger than any that is read. */
  'idleBody',
  'hugeBody',
  /** Batches: done in part (the rest `notAttempted`), or in part and no answer comes. */
  'partial',
  'brokenOff',
  /** Done, and told in another order, or with one result left out. */
  'shuffled',
  'missingResult',
  /** One operation of it meets a 500. */
  'partFails',
  /** 413: fewer at once. */
  'tooLarge',
  /** Nothing of it is done, and each result says `notAttempted`. */
  'noneAttempted',
  /** One operation of it is told to wait: 202, or 429 with a time and without. */
  'partWaits',
  /** The credentials end in the middle of it: what is left is answered with 401. */
  'expiredPart',
] as const;
/** Need credentials (`Plan.auth`), or batches (`Plan.batch`), to strike. */
export const authFaults: readonly string[] = netFaults.filter((kind) => kind.startsWith('expired'));
export const batchFaults: readonly string[] = netFaults.slice(netFaults.indexOf('partial'));
export const diskFaults = [
  /** No room: refused, nothing written. */
  'quota',
  /** The connection dies before (after) the batch is written; nobody learns which. */
  'lostBefore',
  'lostAfter',
  'slowDisk',
  'hangDisk',
  /** The page dies before (after) this batch is written. */
  'killBefore',
  'killAfter',
  /** As a kill, and what was not strictly durable is gone. */
  'powerLossBefore',
  'powerLossAfter',
] as const;
export const deviceFaults = [
  'kill',
  'powerLoss',
  'offline',
  /** A row of the journal is damaged while the page is closed. */
  'corruptRow',
  /** The same, by a newer build: the row says whose it is, and can not be understood. */
  'foreignRow',
  /**
   * The browser deletes the whole database at the next start, or at the one after; or at the next, and
   * again while the new database takes over what the second shelf has of the old one.
   */
  'wipe',
  'wipeLater',
  'wipeTwice',
  /** The machine goes down, and the database loses its last transactions, which it had called durable. */
  'fallBack',
] as const;
/** What happens to a second shelf (`Plan.shelf`). */
export const shelfFaults = [
  /** It has no room for most of what it is told, for a while. */
  'fullShelf',
  /** What it is told next fails, and whoever opens it again finds it well. */
  'shelfDies',
] as const;
/** What happens to one tab of several (`Plan.tabs`). */
export const tabFaults = [
  /** Closed as people do it, or its process dies; it is opened again a little later. */
  'closeTab',
  'crashTab',
  /** It does nothing and keeps its lock, for a while or until all others have come to rest. */
  'hangTab',
  /** The same, but that it is told so before and after: frozen, or in the back/forward cache. */
  'freezeTab',
  /** Hidden: its timers run at whole seconds or minutes. */
  'throttleTab',
] as const;
/** What happens to the messages between the tabs of a device, for a while. */
export const busFaults = ['loseMessages', 'doubleMessages', 'delayMessages'] as const;

export type ShelfFault = (typeof shelfFaults)[number];
export type TabFault = (typeof tabFaults)[number];
export type BusFault = (typeof busFaults)[number];
export type NetFault = (typeof netFaults)[number];
export type DiskFault = (typeof diskFaults)[number];
export type DeviceFault = (typeof deviceFaults)[number];

/** One fault: at the n-th request or disk batch of a device (from 1), or at a moment (ms). */
export type Fault =
  | { readonly on: 'request'; readonly device: number; readonly n: number; readonly do: NetFault }
  | { readonly on: 'disk'; readonly device: number; readonly n: number; readonly do: DiskFault }
  | TimeFault;

export interface TimeFault {
  readonly on: 'time';
  readonly device: number;
  readonly at: number;
  readonly do: DeviceFault | ShelfFault | TabFault | BusFault;
  /** Of the tab that a tab fault strikes (default: the first). */
  readonly tab?: number;
  /** How long it lasts (ms), if it does; a tab that hangs or is frozen: for ever if nothing is said. */
  readonly for?: number;
}

export const userActs = [
  'create',
  'update',
  /** An update that the server refuses (422). */
  'refused',
  /** Makes a record that names this one as its parent. */
  'child',
  /** An update that must not go before the newest write of the record in front of it. */
  'dependent',
  'remove',
  'upsert',
  /** Takes back the record's first waiting operation. */
  'cancel',
  'retry',
  'edit',
  'discard',
  /** Keeps ours at an even moment, theirs at an odd one. */
  'resolve',
  /** From the start at an even moment; where 3 divides it the server has forgotten its cursors. */
  'pull',
  'checkpoint',
  'reload',
  /** Empties the device, whatever waits. */
  'clear',
] as const;

/** What a person does with a record, at a moment (ms from the beginning). */
export interface UserStep {
  readonly at: number;
  readonly device: number;
  readonly record: number;
  /** In which tab (default: the first). */
  readonly tab?: number;
  readonly do: (typeof userActs)[number];
}

/** Policies of the devices, beside `merge`; `byField` is a function of the app's. */
export const simPolicies = [
  'serverWins',
  'clientWins',
  'lastUpdateWins',
  'manual',
  'byField',
] as const;

export type SimPolicy = (typeof simPolicies)[number];

/** A whole run, explicit: what is not in it does not happen. */
export interface Plan {
  readonly devices: number;
  /** Who gives the ids of the records. */
  readonly ids: 'client' | 'server';
  readonly onReject: 'keep' | 'rollback';
  readonly steps: readonly UserStep[];
  readonly faults: readonly Fault[];
  /** Records that the server has before anybody comes (default: none). */
  readonly seeded?: number;
  /** Records that the server gives in one page, whatever is asked for (default: all). */
  readonly serverPage?: number;
  /**
   * Moments (ms) at which the server's data begins anew: one record of it is lost, and nothing tells but
   * the epoch (a backup that was restored).
   */
  readonly epochs?: readonly number[];
  /** Operations that the devices send in one request (default: each goes by itself). */
  readonly batch?: number;
  /** Whether the server asks for credentials, which end and are renewed. */
  readonly auth?: boolean;
  /** Whether the devices keep what is not sent on a second shelf too. */
  readonly shelf?: boolean;
  /** How the devices decide their conflicts (default: `merge`). */
  readonly conflict?: SimPolicy;
  /**
   * Whether the server remembers no keys and names no operations: what took effect is known by versions,
   * by ids that are the client's, and by what stands there.
   */
  readonly keyless?: boolean;
  /** Whether the server answers writes without a record, conflicts as well. */
  readonly bare?: boolean;
  /** Whether the server has no way to delete anything (405), for good. */
  readonly noDeletes?: boolean;
  /** How the server tells versions: in a field of the record, or not at all (default: by `ETag`). */
  readonly versioning?: 'field' | 'none';
  /** Whether the server refuses changes that name no version (428). */
  readonly demandsVersions?: boolean;
  /**
   * Whether lists are bare arrays of all that is there: no cursor, no tombstones, no versions, no epoch;
   * with `serverPage`: pages by place.
   */
  readonly plainLists?: boolean;
  /** Whether the tabs of a device open all at once, as those of a restored session (default: one by one). */
  readonly together?: boolean;
  /** Tabs of each device (default: 1). */
  readonly tabs?: number;
}

const faultsOf = {
  request: netFaults,
  disk: diskFaults,
  time: [...deviceFaults, ...shelfFaults, ...tabFaults, ...busFaults],
} as const;

/**
 * Reads a plan from outside.
 * @throws SimulationError for an unknown fault kind, a device that is not there, a step that is none
 */
export function checkedPlan(plan: Plan): Plan {
  if (!(plan.devices >= 1 && plan.devices <= 4)) {
    throw new SimulationError(`a plan has 1 to 4 devices, not ${plan.devices}`);
  }
  checkTabs(plan);
  if (plan.conflict !== undefined && !simPolicies.includes(plan.conflict)) {
    throw new SimulationError(`unknown policy: ${plan.conflict}`);
  }
  if (plan.demandsVersions && plan.versioning) {
    throw new SimulationError('a plan has "demandsVersions" or "versioning", not both');
  }
  if (plan.keyless && plan.versioning === 'none') {
    throw new SimulationError('a plan has "keyless" or no versions, not both');
  }
  if (plan.keyless && plan.ids === 'server') {
    throw new SimulationError('a plan has "keyless" or ids of the server, not both');
  }
  for (const fault of plan.faults) {
    const known: readonly string[] | undefined = faultsOf[fault.on];
    if (!known?.includes(fault.do)) {
      throw new SimulationError(`unknown fault: ${fault.do} on ${fault.on}`);
    }
    if (fault.on === 'request') checkNeeds(plan, fault.do);
    if ((shelfFaults as readonly string[]).includes(fault.do) && !plan.shelf) {
      throw new SimulationError(`the fault ${fault.do} needs a plan with "shelf"`);
    }
    if (!(fault.device < plan.devices)) {
      throw new SimulationError(`a fault of device ${fault.device}, and there are ${plan.devices}`);
    }
    if (fault.on === 'time' ? !(fault.at >= 0) : !(fault.n >= 1)) {
      throw new SimulationError(`a fault (${fault.do}) that says no moment at which it strikes`);
    }
  }
  for (const step of plan.steps) {
    if (!(step.device < plan.devices)) {
      throw new SimulationError(`a step of device ${step.device}, and there are ${plan.devices}`);
    }
    if (!userActs.includes(step.do)) throw new SimulationError(`unknown step: ${step.do}`);
    if (!(step.at >= 0)) throw new SimulationError(`a step (${step.do}) at no moment`);
  }
  return plan;
}

function checkTabs({ tabs = 1, auth, steps, faults }: Plan): void {
  if (!(tabs >= 1 && tabs <= 4)) {
    throw new SimulationError(`a device has 1 to 4 tabs, not ${tabs}`);
  }
  // Whose refresh is the one that counts is not modelled between pages that live at the same time.
  if (tabs > 1 && auth) throw new SimulationError('a plan has "tabs" or "auth", not both');
  for (const item of [...steps, ...faults]) {
    const { do: what, tab = 0 } = item as { readonly do: string; readonly tab?: number };
    if (!(tab >= 0 && tab < tabs)) {
      throw new SimulationError(`${what} in tab ${tab}, and there are ${tabs}`);
    }
    if (tabs === 1 && sharedFaults.has(what)) {
      throw new SimulationError(`the fault ${what} needs a plan with "tabs"`);
    }
  }
}

/** Strike where there are several tabs. */
export const sharedFaults: ReadonlySet<string> = new Set([...tabFaults, ...busFaults]);

function checkNeeds({ auth, batch }: Plan, kind: NetFault): void {
  if (authFaults.includes(kind) && !auth) {
    throw new SimulationError(`the fault ${kind} needs a plan with "auth"`);
  }
  if (batchFaults.includes(kind) && batch === undefined) {
    throw new SimulationError(`the fault ${kind} needs a plan with "batch"`);
  }
}
