import type { Facts } from '../../store/facts.ts';
import type { ShelfLine } from '../../store/shelf/line.ts';
import { outboxLines } from '../../store/shelf/linesOf.ts';
import type { Env } from '../ports/env.ts';
import type { ShelfConnection } from '../ports/shelf.ts';
import type { OthersFiles } from './othersFiles.ts';
import type { ShelfWriter } from './shelfWriter.ts';

export interface WriteAnewOptions {
  readonly env: Env;
  readonly writer: ShelfWriter;
  readonly others: OthersFiles;
  /** Characters that are written at once. */
  readonly slice: number;
  readonly facts: () => Facts;
  /** What entries behind a sequence came to that the facts may not have yet. */
  readonly beyond: (head: number) => readonly ShelfLine[];
  /** The journal's head on the disk. */
  readonly headOnDisk: () => Promise<number>;
  /** A new file was begun, of which nobody relies on anything; null: it says everything. */
  readonly onFile: (file: string | null) => void;
}

/**
 * Writes the whole outbox into a new file, then removes the files that it replaces: this tab's own, and
 * where it leads those of others. Rejects with StorageError; the older files stay then.
 */
export async function writeAnew(
  connection: ShelfConnection,
  role: 'leading' | 'following',
  { env, writer, others, slice, facts, beyond, headOnDisk, onFile }: WriteAnewOptions,
): Promise<void> {
  const append = async (lines: readonly ShelfLine[]) => {
    if (lines.length > 0) await writer.append(connection, lines);
  };
  const theirs = role === 'leading' ? await others.list(connection) : [];
  // Lines of others that we have not folded yet are told by nobody but their own file.
  const head = await headOnDisk().catch(() => Number.POSITIVE_INFINITY);
  const isUpToDate = head <= facts().head;
  onFile(writer.begin());
  // A page that is frozen meanwhile begins another file: that one is not replaced by this one.
  const own = writer.old.map((name) => ({ name }));
  const told = facts();
  // The facts come to know of it only after the file that goes.
  await append(beyond(told.head));
  let lines: ShelfLine[] = [];
  let size = 0;
  for (const line of outboxLines(told)) {
    lines.push(line);
    size += line.kind === 'lane' ? JSON.stringify(line).length : 0;
    if (size < slice) continue;
    await append(lines);
    await env.breathe();
    lines = [];
    size = 0;
  }
  await append(lines);
  onFile(null);
  await removeReplaced(connection, writer, [...own, ...(isUpToDate ? theirs : [])]);
}

interface Replaced {
  readonly name: string;
  /** Null: another tab writes to it. */
  readonly size?: number | null;
}

/** Removes files of which everything stands elsewhere. What can not go now goes another time. */
export async function removeReplaced(
  connection: ShelfConnection,
  writer: ShelfWriter,
  files: readonly Replaced[],
): Promise<void> {
  try {
    for (const { name, size } of files) {
      // Another tab writes to it; or may have, until it ended: then it has another size, and stays.
      if (size === null) continue;
      await connection.remove(name, size);
      writer.gone(name);
    }
  } catch {
    // Nothing is lost with it; whether the shelf works is seen when it is told something.
  }
}
