import { isJsonObject } from '../json.ts';
import { upcast } from '../upcasters.ts';
import { rowChecks } from './codecs.ts';
import type { JournalEntry, Row } from './row.ts';

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
  const current = upcast({ ...raw });
  if (!current) return unreadable(sequence, text, lane, `no upcaster for version ${raw.v}`);
  const check = Object.hasOwn(rowChecks, String(current.type))
    ? rowChecks[current.type as Row['type']]
    : undefined;
  if (!check) return unreadable(sequence, text, lane, `no row of type ${current.type} is known`);
  if (!check(current)) return unreadable(sequence, text, lane, `a malformed ${current.type} row`);
  return { sequence, row: current as unknown as Row };
}

function describe(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
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
