import { decodeEntry } from '../../store/rows/codec.ts';
import type { JournalEntry } from '../../store/rows/row.ts';
import type { Codec } from '../ports/codec.ts';
import type { StorageConnection, StoredRow } from '../ports/storage.ts';

/** The journal's entries after a sequence; bytes that can't be read come as such, never as a throw. */
export async function readEntries(
  connection: StorageConnection,
  codec: Codec,
  after: number,
  limit: number,
): Promise<JournalEntry[]> {
  return decodeRows(codec, await connection.readRows(after, limit));
}

export async function decodeRows(
  codec: Codec,
  rows: readonly StoredRow[],
): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for (const { sequence, text } of rows) {
    let decoded: unknown = text;
    if (typeof text === 'string') {
      try {
        const plain = codec.decode(text);
        decoded = typeof plain === 'string' ? plain : await plain;
      } catch {
        // Not ours, or damaged: the bytes as they are go into quarantine.
        entries.push({
          sequence,
          row: null,
          text,
          lane: null,
          reason: 'the row can not be decoded',
        });
        continue;
      }
    }
    entries.push(decodeEntry(sequence, decoded));
  }
  return entries;
}

/** Texts of rows as they go into the journal. */
export async function encodeTexts(codec: Codec, texts: readonly string[]): Promise<string[]> {
  const encoded: string[] = [];
  for (const text of texts) {
    const written = codec.encode(text);
    encoded.push(typeof written === 'string' ? written : await written);
  }
  return encoded;
}
