import type { Codec } from '../ports/codec.ts';
import type { ShelfConnection, ShelfFile } from '../ports/shelf.ts';
import { lastSaid, parseFileName } from './shelfFiles.ts';

export interface OthersFilesOptions {
  readonly codec: Codec;
  /** The database's id. */
  readonly database: string;
  /** Lost databases of which everything stands in this one. */
  readonly replaces: readonly string[];
  /** The journal's head as this page began: what others told beyond it by then was taken in. */
  readonly headAtStart: number;
  /** Whether they stay, whatever they say: the shelf could not be read as this page began. */
  readonly keepsOthers: boolean;
  /** Names of this tab's files. */
  readonly own: () => readonly string[];
}

/** The second shelf's files of other tabs, living and gone. */
export class OthersFiles {
  readonly #options: OthersFilesOptions;

  constructor(options: OthersFilesOptions) {
    this.#options = options;
  }

  /**
   * Files of other tabs, and of lost databases that this one has taken in. Those of a database that it
   * could not read stay for a later start.
   */
  async list(connection: ShelfConnection): Promise<ShelfFile[]> {
    const { database, replaces, keepsOthers } = this.#options;
    if (keepsOthers) return [];
    const own = this.#options.own();
    const known = [database, ...replaces];
    const files = await connection.list();
    return files.filter(({ name }) => {
      return known.includes(parseFileName(name)?.database ?? '') && !own.includes(name);
    });
  }

  /**
   * Whether one of them speaks of rows that the database did not have as this page began. Rows that
   * others have written since count as well: it costs a file that is written anew.
   */
  async areAhead(connection: ShelfConnection, files: readonly ShelfFile[]): Promise<boolean> {
    const { codec, database, headAtStart } = this.#options;
    for (const file of files) {
      if (parseFileName(file.name)?.database !== database) continue;
      if ((await lastSaid(connection, codec, file)) > headAtStart) return true;
    }
    return false;
  }
}
