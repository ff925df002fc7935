import { defaultJsonLimits, isJsonObject, isKeepable, type JsonObject } from '../json.ts';
import {
  isCount,
  isName,
  isString,
  isText,
  listOf,
  nullable,
  optional,
  shape,
} from '../rows/check.ts';
import {
  actionId,
  ending,
  endings,
  nameParts,
  operation,
  parkedParts,
  salvage,
  sealedRequest,
} from '../rows/codecs.ts';
import type {
  ActionId,
  Operation,
  RecoveredEnding,
  RecoveredParking,
  Salvage,
  SealedRequest,
  ServerName,
} from '../rows/row.ts';

/**
 * The second shelf's lines: what is not on the server yet, said so that it can be taken up again
 * when the database is gone. `s` is the journal sequence that a line speaks of: lines of all files
 * together, sorted by it, tell the outbox. They are results, as rows are: no line needs another
 * one to be understood but for the operations that a lane names.
 */
export type ShelfLine =
  /** The first of each file: whose lines these are. */
  | {
      readonly v: 1;
      readonly kind: 'file';
      /** The database's random id. */
      readonly database: string;
      /** Lost databases of which everything stands in this one. */
      readonly replaces: readonly string[];
      /** How many starts before it could not read the shelf; 0 where it is missing. */
      readonly unread?: number;
    }
  /** A person's change, at the end of its lane. */
  | {
      readonly v: 1;
      readonly kind: 'operation';
      readonly s: number;
      /** Both of its row in the journal. */
      readonly actionId: ActionId;
      readonly generation: number;
      readonly operation: Operation;
      readonly salvage: Salvage;
      readonly alias: string | null;
    }
  | LaneLine
  /** What the server calls a record that other operations may name. */
  | (ServerName & { readonly v: 1; readonly kind: 'alias'; readonly s: number })
  /** How an operation ended that others may wait for: what depends on one that failed does not go. */
  | {
      readonly v: 1;
      readonly kind: 'ended';
      readonly s: number;
      readonly operationId: string;
      readonly outcome: RecoveredEnding;
    }
  /** A row of the journal that waits unread, as it stands there. */
  | { readonly v: 1; readonly kind: 'row'; readonly s: number; readonly text: string }
  /** What was said of anything at or below `s` is over, but for what later lines say. */
  | {
      readonly v: 1;
      readonly kind: 'through';
      readonly s: number;
      /** How often all had been cleared by then. */
      readonly generation: number;
      /** The last sequence of which its file speaks before it, where that is a later one. */
      readonly told?: number;
    };

/** A lane as a whole, after a row that moved it; without operations: it is over. */
export interface LaneLine {
  readonly v: 1;
  readonly kind: 'lane';
  readonly s: number;
  readonly model: string;
  readonly recordId: string;
  readonly operationIds: readonly string[];
  /** Those among them that no operation line has told. */
  readonly operations: readonly Operation[];
  readonly salvage: Salvage;
  readonly alias: string | null;
  readonly sealed: SealedRequest | null;
  readonly parked: RecoveredParking | null;
  /** Endings of operations that these stand for. */
  readonly ended?: Readonly<Record<string, RecoveredEnding>>;
}

/** The ids of the operations that a line tells whole. */
export function operationsToldBy(line: ShelfLine): string[] {
  if (line.kind === 'operation') return [line.operation.id];
  return line.kind === 'lane' ? line.operations.map(({ id }) => id) : [];
}

const lineChecks = {
  file: shape({ database: isText, replaces: listOf(isText), unread: optional(isCount) }),
  operation: shape({
    ...{ s: isCount, actionId, generation: isCount, operation, salvage },
    alias: nullable(isText),
  }),
  lane: shape({
    ...{ s: isCount, model: isName, recordId: isText, operationIds: listOf(isText) },
    ...{ operations: listOf(operation), salvage, alias: nullable(isText) },
    ...{ sealed: nullable(sealedRequest), parked: nullable(shape(parkedParts)) },
    ended: optional(endings),
  }),
  alias: shape({ s: isCount, ...nameParts }),
  ended: shape({ s: isCount, operationId: isText, outcome: ending }),
  row: shape({ s: isCount, text: isString }),
  through: shape({ s: isCount, generation: isCount, told: optional(isCount) }),
} as const;

/** A line holds values of full depth some levels down. */
const lineLevels = defaultJsonLimits.depth + 8;

export function encodeLine(line: ShelfLine): string {
  return JSON.stringify(line);
}

/** Null for what this build can not read. */
export function decodeLine(text: string): ShelfLine | null {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isJsonObject(raw) || !isKeepable(raw, lineLevels) || raw.v !== 1) return null;
  const { kind } = raw as JsonObject;
  const check =
    typeof kind === 'string' && Object.hasOwn(lineChecks, kind)
      ? lineChecks[kind as keyof typeof lineChecks]
      : undefined;
  return check?.(raw) ? (raw as unknown as ShelfLine) : null;
}

/**
 * A line as it stands in a file: its sum in front, so that a beginning of it that a crash left is
 * told from a whole one.
 */
export function framed(encoded: string): string {
  return `${sumOf(encoded)} ${encoded}\n`;
}

/** The encoded lines of a file; `damaged`: how many are none, but for a last one that was cut off. */
export function unframed(text: string): { readonly lines: string[]; readonly damaged: number } {
  const lines: string[] = [];
  let damaged = 0;
  for (const line of eachUnframed(text)) {
    if (line === null) damaged++;
    else lines.push(line);
  }
  return { lines, damaged };
}

/** The same one by one, for work that is done piece by piece; null for a line that is none. */
export function* eachUnframed(text: string): Generator<string | null> {
  let from = 0;
  // Behind the last line's end: nothing, or what a crash cut off.
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
    // Stands where something was taken back.
    if (end === from) {
      from++;
      continue;
    }
    const encoded = text.slice(from + 9, end);
    const isSummed = text[from + 8] === ' ' && text.slice(from, from + 8) === sumOf(encoded);
    const isWhole = isSummed && from + 8 < end;
    // A machine that went down as it was written: zeros, and what stood behind them.
    const isTorn = () => text.slice(from, end).includes('\0') && !text.includes('\n', end + 1);
    if (!isWhole && isTorn()) return;
    yield isWhole ? encoded : null;
    from = end + 1;
  }
}

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv): for accidents, not for attacks. */
function sumOf(text: string): string {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  }
  return (sum >>> 0).toString(16).padStart(8, '0');
}
