import { opfsShelf } from '../../../src/storage/opfsShelf.ts';
import { shelfCases } from '../../contracts/shelf.ts';

/** Runs the shelf's contract in the browser, case by case; resolves with what is broken, or null. */
async function runCase(title: string): Promise<string | null> {
  const known = shelfCases.find((item) => item.title === title);
  if (!known) return `there is no case "${title}"`;
  try {
    await known.run(opfsShelf(), `contract ${title}`);
    return null;
  } catch (error) {
    return String((error as Error).stack ?? error);
  }
}

/** Appends lines one after another, and tells each that is kept, until the browser is killed. */
async function fill(first: number): Promise<void> {
  const connection = await opfsShelf().open('kill');
  for (let n = first; ; n++) {
    await connection.append('lines', `${n}\n`);
    await globalThis.told(n);
  }
}

/** The last whole line. */
async function last(): Promise<number> {
  const connection = await opfsShelf().open('kill');
  const lines = (await connection.read('lines')).split('\n');
  await connection.close();
  return Number(lines.at(-2) ?? 0);
}

export interface ShelfPage {
  readonly runCase: typeof runCase;
  readonly fill: typeof fill;
  readonly last: typeof last;
}

declare global {
  var shelfPage: ShelfPage;
  var told: (n: number) => Promise<void>;
}

globalThis.shelfPage = { runCase, fill, last };
