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

/** A file as a crash left it; what the shelf says of it, and its bytes once a line was appended. */
async function afterCrash(left: string, line: string) {
  let folder = await navigator.storage.getDirectory();
  for (const name of ['syncharts', 'crash']) {
    folder = await folder.getDirectoryHandle(name, { create: true });
  }
  const file = await folder.getFileHandle('lines', { create: true });
  const stream = await file.createWritable();
  await stream.write(left);
  await stream.close();
  const connection = await opfsShelf().open('crash');
  const [listed] = await connection.list();
  const read = await connection.read('lines');
  await connection.append('lines', line);
  const bytes = await (await file.getFile()).text();
  await connection.close();
  return { size: listed?.size, read, bytes };
}

export interface ShelfPage {
  readonly runCase: typeof runCase;
  readonly afterCrash: typeof afterCrash;
  readonly fill: typeof fill;
  readonly last: typeof last;
}

declare global {
  var shelfPage: ShelfPage;
  var told: (n: number) => Promise<void>;
}

globalThis.shelfPage = { runCase, afterCrash, fill, last };
