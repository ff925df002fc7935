import {
  decodeLine,
  eachUnframed,
  encodeLine,
  framed,
  type ShelfLine,
  unframed,
} from '../../store/shelf/line.ts';
import type { Codec } from '../ports/codec.ts';
import type { ShelfConnection, ShelfFile } from '../ports/shelf.ts';
import { Pacer, type PacingEnv } from './pacer.ts';

/** Whose lines a file holds: the database's id, the tab, and how many files that tab had before. */
export interface ShelfFileName {
  readonly database: string;
  readonly writer: string;
  readonly n: number;
}

/** The parts are ids of ours: none holds a dot. */
export function fileName({ database, writer, n }: ShelfFileName): string {
  return `${database}.${writer}.${n}`;
}

/** Null for a file that is none of ours. */
export function parseFileName(name: string): ShelfFileName | null {
  const [database, writer, n, ...more] = name.split('.');
  if (!database || !writer || !n || more.length > 0 || !/^\d+$/.test(n)) return null;
  return { database, writer, n: Number(n) };
}

/** The database whose lines a file holds; '' for a file that is none of ours. */
export function databaseOf(name: string): string {
  return parseFileName(name)?.database ?? '';
}

/** Lines as they stand in a file. */
export async function encodeLines(codec: Codec, lines: Iterable<ShelfLine>): Promise<string> {
  let text = '';
  for (const line of lines) {
    const encoded = codec.encode(encodeLine(line));
    text += framed(typeof encoded === 'string' ? encoded : await encoded);
  }
  return text;
}

/** Bytes at the end of a file that are looked at. */
const lookedAt = 65_536;

/**
 * The sequence that the last line of a file speaks of, as far as that is seen at a glance: 0 for none,
 * without end where nobody knows.
 */
export async function lastSaid(
  connection: ShelfConnection,
  codec: Codec,
  { name, size }: ShelfFile,
): Promise<number> {
  // Another tab writes to it: what it says is on its way.
  if (size === null) return 0;
  const { lines } = unframed(await connection.read(name, Math.max(0, size - lookedAt)));
  const last = lines.at(-1);
  // One that is longer than that.
  if (last === undefined) return size > lookedAt ? Number.POSITIVE_INFINITY : 0;
  const line = await decoded(codec, last);
  if (line === null) return Number.POSITIVE_INFINITY;
  if (line.kind === 'file') return 0;
  return line.kind === 'through' ? (line.told ?? line.s) : line.s;
}

export interface ReadShelf {
  readonly files: readonly (readonly ShelfLine[])[];
  /** Lines that can not be read: what they told is lost with the database. */
  readonly damaged: number;
}

/** Reads these files, whole, in short tasks. What can not be read is counted, never thrown. */
export async function readShelf(
  connection: ShelfConnection,
  codec: Codec,
  names: readonly string[],
  pacing: PacingEnv,
): Promise<ReadShelf> {
  const files: (readonly ShelfLine[])[] = [];
  let damaged = 0;
  for (const name of names) {
    const text = await connection.read(name);
    const pacer = new Pacer(pacing);
    const lines: ShelfLine[] = [];
    for (const encoded of eachUnframed(text)) {
      const line = encoded === null ? null : await decoded(codec, encoded);
      if (line) lines.push(line);
      else damaged++;
      if (pacer.isDue()) await pacer.breathe();
    }
    files.push(withHead(name, lines));
  }
  return { files, damaged };
}

/** A file's lines; whose they are says its name where the first line was not written, or is damaged. */
export function withHead(name: string, lines: readonly ShelfLine[]): readonly ShelfLine[] {
  const database = parseFileName(name)?.database;
  if (lines[0]?.kind === 'file' || database === undefined) return lines;
  return [{ v: 1, kind: 'file', database, replaces: [] }, ...lines];
}

async function decoded(codec: Codec, encoded: string): Promise<ShelfLine | null> {
  try {
    return decodeLine(await codec.decode(encoded));
  } catch {
    return null;
  }
}
