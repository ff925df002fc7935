import type { Operation, Row, SealedRequest } from '../../../store/rows/row.ts';
import { foreignVersion, type WrittenRow } from '../disk/simDisk.ts';

/** A request as it was sealed on some disk: the bytes that a key stands for. */
export interface Sealed extends SealedRequest {
  readonly model: string;
  readonly recordId: string;
  /** When it was sealed (virtual ms since 1970). */
  readonly at: number;
  readonly device: number;
  /** How often the device's database had been taken away before. */
  readonly era: number;
}

/** An operation that became durable. */
export interface WrittenOperation extends Operation {
  readonly device: number;
  readonly era: number;
  /** Of its row in the journal. */
  readonly sequence: number;
  /** `recorded`: a person's write; otherwise it stands for others (edited, retried, resolved). */
  readonly by: Row['type'];
}

/** A row that the plan damaged on a disk: what stood in it is excused, and nothing else. */
export interface Damage {
  readonly device: number;
  readonly era: number;
  readonly sequence: number;
  readonly row: Row;
  /** Operations whose only place it was. */
  readonly made: ReadonlySet<string>;
  /** Operations of which it told something, and those that they stand for. */
  readonly touched: ReadonlySet<string>;
  /** Keys that it sealed. */
  readonly keys: ReadonlySet<string>;
  /** Records of which it told something, by their key on the device. */
  readonly records: ReadonlySet<string>;
}

/** A database that the plan took away, or the last transactions of it. */
export interface Wipe {
  readonly device: number;
  /** The id that the device knew it by; undefined: it had none yet, so there is nothing to tell. */
  readonly known: string | undefined;
  /** Only its last transactions went. */
  readonly fellBack?: true;
}

/** What ever reached the platters, whatever became of it since. */
export interface Written {
  /** By idempotency key: each request that it was sealed with; two are a fault, but for damage. */
  readonly seals: Map<string, Sealed[]>;
  readonly operations: Map<string, WrittenOperation>;
  /** Operations that stand for others. */
  readonly supersedes: Map<string, readonly string[]>;
  /** Operations that a person has replaced in a conflict: what became of them was their choice. */
  readonly chosen: Set<string>;
  /** Operations in front of a delete that went into one change with what came behind it. */
  readonly undone: Set<string>;
  /** When people (or the engine) took operations back, as the rows say it. */
  readonly takenBack: Map<string, number>;
  /** Operations that a person has discarded, those among them that were told as rejected before. */
  readonly discarded: Set<string>;
  /** Operations that a durable row has ended, whether somebody was told or not. */
  readonly over: Set<string>;
  /** Clears, by device and life of its database. */
  readonly clears: Set<string>;
  readonly damages: Damage[];
  readonly wipes: Wipe[];
}

export function nothingWritten(): Written {
  return {
    ...{ seals: new Map(), operations: new Map(), supersedes: new Map(), chosen: new Set() },
    undone: new Set(),
    ...{
      takenBack: new Map(),
      discarded: new Set(),
      over: new Set(),
      clears: new Set(),
      damages: [],
      wipes: [],
    },
  };
}

/** How often a device's database was taken away. */
export function eraOf({ wipes }: Written, device: number): number {
  let era = 0;
  for (const wipe of wipes) if (wipe.device === device) era++;
  return era;
}

/** Notes rows of a device that reached its platter. */
export function noteRows(written: Written, device: number, rows: readonly WrittenRow[]): void {
  const era = eraOf(written, device);
  const { seals, operations, supersedes, chosen, undone, takenBack } = written;
  for (const { sequence, text } of rows) {
    const row = rowIn(text);
    // Damaged in an earlier life of the database, and taken over as it was.
    if (!row) continue;
    if (row.type === 'resolved' && row.by === 'person') {
      for (const id of row.replaced) chosen.add(id);
    }
    if (row.type === 'resolved') {
      // One change stands for all of it: what was deleted here before it was made anew never arrives.
      const kinds = row.replaced.map((id) => operations.get(id)?.kind);
      const removed = kinds.lastIndexOf('delete');
      const made = kinds.lastIndexOf('create');
      // Nor does what another tab wrote between the two, or behind a delete where nothing follows.
      const end = removed < 0 ? 0 : Math.max(removed + 1, row.operation ? made : kinds.length);
      for (const id of row.replaced.slice(0, end)) undone.add(id);
    }
    if (row.type === 'purged') written.clears.add(`${device}/${era}`);
    for (const id of endedBy(row)) written.over.add(id);
    if (row.type === 'discarded') for (const id of row.operationIds) written.discarded.add(id);
    if (row.type === 'cancelled') for (const id of row.operationIds) takenBack.set(id, row.at);
    for (const request of row.type === 'sealed' ? row.requests : []) {
      const before = seals.get(request.key) ?? [];
      const known = before.some((seal) => isSameRequest(seal, request));
      if (!known) seals.set(request.key, [...before, { ...request, at: row.at, device, era }]);
    }
    for (const operation of operationsIn(row)) {
      operations.set(operation.id, { ...operation, device, era, sequence, by: row.type });
      if (operation.supersedes) supersedes.set(operation.id, operation.supersedes);
    }
  }
}

function rowIn(text: string): Row | null {
  try {
    const row = JSON.parse(text) as Row;
    return (row.v as number) === foreignVersion ? null : row;
  } catch {
    return null;
  }
}

/** Operations that a row ends or replaces. */
function endedBy(row: Row): readonly string[] {
  switch (row.type) {
    case 'answered':
    case 'cancelled':
    case 'discarded':
    case 'retried':
    case 'edited':
      return row.operationIds;
    case 'resolved':
      return row.replaced;
    default:
      return [];
  }
}

/** Whether all was cleared in the life of the database that an operation stood in. */
export function isCleared({ clears }: Written, { device, era }: WrittenOperation): boolean {
  return clears.has(`${device}/${era}`);
}

function isSameRequest(one: SealedRequest, other: SealedRequest): boolean {
  const fields = ['method', 'path', 'query', 'body', 'ifMatch'] as const;
  return fields.every((field) => one[field] === other[field]);
}
function operationsIn(row: Row): Operation[] {
  if (row.type === 'recovered') return [...row.operations];
  const made = ['operation' in row ? row.operation : null, 'behind' in row ? row.behind : null];
  return made.filter((operation) => operation !== null);
}

/** Notes that a row was damaged; one that was damaged before tells nothing new. */
export function noteDamage(written: Written, device: number, { sequence, text }: WrittenRow): void {
  const era = eraOf(written, device);
  const known = written.damages.some(
    (damage) => damage.device === device && damage.era === era && damage.sequence === sequence,
  );
  if (known) return;
  const row = rowIn(text);
  if (!row) return;
  const made = operationsIn(row);
  const requests = row.type === 'sealed' ? row.requests : [];
  // It ends what the lane held and it does not name.
  const isInstead = row.type === 'recovered' && row.instead;
  const ended = isInstead ? operationsOf(written, device, row.recordId) : [];
  const touched = [
    ...made.flatMap(({ id, supersedes = [] }) => [id, ...supersedes]),
    ...requests.flatMap((request) => request.operationIds),
    ...('operationIds' in row ? row.operationIds : []),
    ...('replaced' in row ? row.replaced : []),
    ...ended,
  ];
  const records = [
    ...made.map(({ recordId }) => recordId),
    ...requests.map(({ recordId }) => recordId),
    ...('recordId' in row ? [row.recordId] : []),
    ...(row.type === 'pulled' ? [...row.items.map(({ id }) => id), ...row.deleted] : []),
  ];
  written.damages.push({
    ...{ device, era, sequence, row },
    made: new Set(made.map(({ id }) => id)),
    touched: withSuperseded(written, touched),
    keys: new Set([...requests.map(({ key }) => key), ...ended]),
    records: new Set(records),
  });
}

/** Operations of a record of this device that ever became durable. */
function operationsOf({ operations }: Written, device: number, recordId: string): string[] {
  const own = [...operations.values()].filter(
    (it) => it.device === device && it.recordId === recordId,
  );
  return own.map(({ id }) => id);
}

/** Whether a row of one of these types that told something of this operation was damaged. */
export function isDamaged(
  { damages }: Written,
  operationId: string,
  ...types: readonly Row['type'][]
): boolean {
  return damages.some(({ touched, row }) => touched.has(operationId) && types.includes(row.type));
}

/** Whether the row that sealed this key was damaged: it may have been sealed anew since. */
export function isSealDamaged({ damages }: Written, key: string): boolean {
  return damages.some((damage) => damage.keys.has(key));
}

/** Its request was damaged on the disk and sealed anew, with more in it: what the first did is taken for all. */
export function isSealedAnew(written: Written, operationId: string): boolean {
  return [...written.seals].some(
    ([key, seals]) =>
      isSealDamaged(written, key) &&
      seals.some(({ operationIds }) => operationIds.includes(operationId)),
  );
}

/** Whether a person took it back, but only when it was sealed already: `cancel()` says `tooLate`. */
export function isTakenBackLate({ takenBack, seals }: Written, operationId: string): boolean {
  const at = takenBack.get(operationId);
  if (at === undefined) return false;
  const own = [...seals.values()].flat().filter((seal) => seal.operationIds.includes(operationId));
  return own.some((seal) => seal.at <= at);
}

/** Operations, and those that they stand for. */
export function withSuperseded({ supersedes }: Written, ids: Iterable<string>): Set<string> {
  const all = new Set<string>();
  const add = (id: string): void => {
    if (all.has(id)) return;
    all.add(id);
    for (const older of supersedes.get(id) ?? []) add(older);
  };
  for (const id of ids) add(id);
  return all;
}
