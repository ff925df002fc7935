import { cleanContext } from '../machines/record.ts';
import { type Lane, outboxKey } from './facts.ts';
import { isJsonObject } from './json.ts';
import type { Operation } from './rows/row.ts';

/**
 * How leaves of the lanes and of the outbox stand on disk. While a queue grows each checkpoint writes
 * again what the journal has said already, so nothing in them is said twice: neighbours share most of their
 * keys, and a key names the record that its value is about.
 */
export interface StoredWaiting {
  /** The lane of each entry, front coded: how much of the one before it keeps, and what follows. */
  readonly lanes: readonly (number | string)[];
  readonly values: readonly unknown[];
}

export function encodeLanes(keys: readonly string[], lanes: readonly Lane[]): StoredWaiting {
  return { lanes: frontCoded(keys), values: lanes.map(encodeLane) };
}

export function encodeOutbox(
  keys: readonly string[],
  operations: readonly Operation[],
): StoredWaiting {
  const places = keys.map((key) => key.lastIndexOf('\u0000'));
  return {
    lanes: frontCoded(keys.map((key, i) => key.slice(0, places[i]))),
    values: operations.map((operation, i) =>
      encodeOperation(operation, keys[i]?.slice((places[i] ?? 0) + 1) ?? ''),
    ),
  };
}

/** A lane that only waits for its turn, which is nearly all of them, is two numbers. */
function encodeLane(lane: Lane): unknown {
  const { state, attempts, retryAt, failure, sealed, sealedAt, parked, salvage } = lane;
  const { count, hidden } = lane;
  const isPlainLane = state === 'pending' && attempts === 0 && retryAt === null && !failure;
  const isFresh = !sealed && sealedAt === undefined && !parked && !salvage;
  return isPlainLane && isFresh ? [count, hidden] : lane;
}

/** Whose it is, the key says. */
export function decodeLane(stored: unknown, key: string): unknown {
  const [model, recordId] = key.split('\u0000');
  if (isJsonObject(stored)) return { ...stored, model, recordId };
  if (!Array.isArray(stored)) return stored;
  const [count, hidden] = stored as unknown[];
  return {
    ...{ model, recordId, state: 'pending', ...cleanContext },
    ...{ count, hidden, sealed: null, parked: null },
  };
}

/** Order, id, kind, changes and time; whatever else there is follows. Most writes are shown at once. */
function encodeOperation(operation: Operation, order: string): unknown {
  const { model: _, recordId: __, strategy, visible, id, kind, changes, at, ...more } = operation;
  const isUsual = strategy === 'optimistic' && visible;
  const rest = isUsual ? more : { ...more, strategy, visible };
  const usual = [order.replace(/^0+/, ''), id, kind, changes, at];
  return Object.keys(rest).length > 0 ? [...usual, rest] : usual;
}

export function decodeOperation(stored: unknown, key: string): unknown {
  const [model, recordId] = key.split('\u0000');
  const usual = { strategy: 'optimistic', visible: true };
  if (isJsonObject(stored)) return { ...usual, ...stored, model, recordId };
  if (!Array.isArray(stored)) return stored;
  const [, id, kind, changes, at, rest = {}] = stored as unknown[];
  if (!isJsonObject(rest)) return undefined;
  return { ...usual, ...rest, id, kind, changes, at, model, recordId };
}

/** The keys of a leaf of the lanes or of the outbox. Throws for what is none. */
export function decodeWaitingKeys(
  tree: 'lanes' | 'outbox',
  coded: readonly unknown[],
  values: readonly unknown[],
): readonly string[] {
  const lanes = frontDecoded(coded);
  if (tree === 'lanes') return lanes;
  return lanes.map((lane, i) => {
    const [order] = Array.isArray(values[i]) ? (values[i] as unknown[]) : [];
    if (typeof order !== 'string') throw new Error('a stored operation has no place');
    return outboxKey(lane, order.padStart(10, '0'));
  });
}

/**
 * Each text as the length of what it has in common with the one before it, and the rest.
 *
 * @example frontCoded(['apple', 'apply', 'apply']) // [0, 'apple', 4, 'y', 5, '']
 */
export function frontCoded(texts: readonly string[]): (number | string)[] {
  let before = '';
  return texts.flatMap((text) => {
    let shared = 0;
    while (shared < before.length && before[shared] === text[shared]) shared++;
    before = text;
    return [shared, text.slice(shared)];
  });
}

/** The texts again. Throws for what no texts come to. */
export function frontDecoded(coded: readonly unknown[]): string[] {
  const texts: string[] = [];
  let before = '';
  for (let i = 0; i < coded.length; i += 2) {
    const [shared, rest] = [coded[i], coded[i + 1]];
    if (typeof shared !== 'number' || typeof rest !== 'string' || !(shared <= before.length)) {
      throw new Error('stored keys are none');
    }
    // Joined, not added: a sum would hold its parts as long as it is held.
    before = [before.slice(0, shared), rest].join('');
    texts.push(before);
  }
  return texts;
}
