import { defaultJsonLimits, isJsonObject, isKeepable } from '../json.ts';
import { upcast } from '../upcasters.ts';
import { rowChecks } from './codecs.ts';
import type { JournalEntry, Row } from './row.ts';

/** A row holds values of full depth some levels down. */
const rowLevels = defaultJsonLimits.depth + 8;

/** A row as text; what `decodeEntry` reads. */
export function encodeRow(row: Row): string {
  return JSON.stringify(row);
}

/**
 * Reads a row from disk. Never throws: what can't be read is given back with its bytes, to be
 * quarantined, and with the record it is about as far as that can be seen.
 */
export function decodeEntry(sequence: number, text: unknown): JournalEntry {
  if (typeof text !== 'string') {
    return unreadable(sequence, describe(text), null, 'the row is not text');
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return unreadable(sequence, text, null, 'the row is not JSON');
  }
  if (!isJsonObject(raw)) return unreadable(sequence, text, null, 'the row is no object');
  const lane = laneIn(raw);
  if (!isKeepable(raw, rowLevels)) return unreadable(sequence, text, lane, 'no plain data');
  const current = upcast({ ...raw });
  if (!current) return unreadable(sequence, text, lane, `no upcaster for version ${wordOf(raw.v)}`);
  const type = wordOf(current.type);
  const check = Object.hasOwn(rowChecks, type) ? rowChecks[type as Row['type']] : undefined;
  if (!check) return unreadable(sequence, text, lane, `no row of type ${type} is known`);
  if (!check(current)) return unreadable(sequence, text, lane, `a malformed ${type} row`);
  return { sequence, row: current as unknown as Row };
}

function describe(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

/** For messages: an object from outside may not even turn into text. */
function wordOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'that is no word' : String(value);
}

function unreadable(
  sequence: number,
  text: string,
  lane: { model: string; recordId: string } | null,
  reason: string,
): JournalEntry {
  return { sequence, row: null, text, lane, reason };
}

function laneIn(raw: Record<string, unknown>) {
  const from = isJsonObject(raw.operation) ? raw.operation : raw;
  const { model, recordId } = from;
  return typeof model === 'string' && typeof recordId === 'string' ? { model, recordId } : null;
}
