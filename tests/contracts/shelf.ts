import type { Shelf, ShelfConnection } from '../../src/ports/shelf.ts';

/** One promise of the shelf port. Plain code, so that a page of a browser can run it too. */
export interface ShelfCase {
  readonly title: string;
  /** Throws where the promise is broken. */
  run(shelf: Shelf, name: string): Promise<void>;
}

function same(actual: unknown, expected: unknown): void {
  const [is, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== wanted) throw new Error(`${is} instead of ${wanted}`);
}

const names = async (connection: ShelfConnection) =>
  (await connection.list()).map(({ name }) => name).sort();

/** What every second shelf must do, whatever stands behind it. */
export const shelfCases: readonly ShelfCase[] = [
  {
    title: 'what is appended stands behind what was there, in order',
    async run(shelf, name) {
      const connection = await shelf.open(name);
      await connection.append('a', 'one\n');
      await Promise.all([connection.append('a', 'two\n'), connection.append('a', 'three\n')]);
      same(await connection.read('a'), 'one\ntwo\nthree\n');
      await connection.close();
    },
  },
  {
    title: 'whether another connection writes to a file is told, until it lets it go or is closed',
    async run(shelf, name) {
      const [writer, looker] = [await shelf.open(name), await shelf.open(name)];
      await writer.append('a', 'one\n');
      await writer.append('b', 'one\n');
      const told = async (connection: ShelfConnection) =>
        Promise.all(['a', 'b', 'none'].map((file) => connection.isHeld(file)));
      same(await told(looker), [true, true, false]);
      same(await told(writer), [false, false, false]);
      await writer.release('a');
      same(await told(looker), [false, true, false]);
      await writer.append('a', 'two\n');
      same(await told(looker), [true, true, false]);
      await writer.close();
      same(await told(looker), [false, false, false]);
      same(await names(looker), ['a', 'b']);
      await looker.close();
    },
  },
  {
    title: 'what was appended last can be taken back, also after the file was let go',
    async run(shelf, name) {
      const connection = await shelf.open(name);
      same(await connection.append('a', 'one\n'), 0);
      same(await connection.append('a', 'zwö\n'), 4);
      const before = await connection.append('a', 'three\n');
      await connection.cut('a', before);
      same(await connection.read('a'), 'one\nzwö\n');
      same((await connection.list())[0]?.size, before);
      same(await connection.append('a', 'four\n'), before);
      await connection.release('a');
      await connection.cut('a', before);
      same(await connection.read('a'), 'one\nzwö\n');
      const other = await shelf.open(name);
      same(await other.remove('a'), true);
      await connection.cut('a', 4);
      same(await names(connection), []);
      await connection.append('a', 'anew\n');
      await connection.cut('a', 0);
      same(await connection.append('a', 'again\n'), 0);
      same(await connection.read('a'), 'again\n');
      await connection.close();
      await other.close();
    },
  },
  {
    title: 'the end of a file can be read alone',
    async run(shelf, name) {
      const connection = await shelf.open(name);
      await connection.append('a', 'one\ntwo\n');
      same(await connection.read('a', 4), 'two\n');
      same(await connection.read('a', 8), '');
      await connection.close();
    },
  },
  {
    title: 'an empty place has no files, and reads as nothing',
    async run(shelf, name) {
      const connection = await shelf.open(name);
      same(await connection.list(), []);
      same(await connection.read('none'), '');
      same(await connection.remove('none'), true);
      await connection.close();
    },
  },
  {
    title: 'what was appended is there after it was closed and opened again',
    async run(shelf, name) {
      const first = await shelf.open(name);
      await first.append('a', 'kept\n');
      await first.close();
      const second = await shelf.open(name);
      same(await second.read('a'), 'kept\n');
      await second.append('a', 'more\n');
      same(await second.read('a'), 'kept\nmore\n');
      await second.close();
    },
  },
  {
    title: 'any text comes back as it went in',
    async run(shelf, name) {
      const connection = await shelf.open(name);
      const text = '{"a":"ümläut 𝒳 \\u2028","b":"\\ud800"}\n';
      await connection.append('ü / ?.txt'.replace('/', '-'), text);
      same(await connection.read('ü - ?.txt'), text);
      await connection.close();
    },
  },
  {
    title: 'files are listed with their sizes and removed whole',
    async run(shelf, name) {
      const connection = await shelf.open(name);
      await connection.append('a', '12345');
      await connection.append('b', '1');
      const files = [...(await connection.list())].sort((x, y) => (x.name < y.name ? -1 : 1));
      same(files, [
        { name: 'a', size: 5 },
        { name: 'b', size: 1 },
      ]);
      same(await connection.remove('a'), true);
      same(await names(connection), ['b']);
      await connection.close();
    },
  },
  {
    title: 'a size tells of each append, also of a file that another tab is writing',
    async run(shelf, name) {
      const writer = await shelf.open(name);
      const other = await shelf.open(name);
      const line = `${'x'.repeat(999)}\n`;
      for (let n = 1; n <= 150; n++) {
        await writer.append('a', line);
        same(await other.list(), [{ name: 'a', size: n * line.length }]);
      }
      same(await other.read('a'), line.repeat(150));
      await writer.close();
      await other.close();
    },
  },
  {
    title:
      'a file can be listed and read at any moment while another tab appends to it as fast as a database lets it',
    async run(shelf, name) {
      const writer = await shelf.open(name);
      const other = await shelf.open(name);
      const line = `${'x'.repeat(700)}\n`;
      let appended = 0;
      let isOver = false;
      const writing = (async () => {
        for (; !isOver; appended++) {
          await writer.append('a', line);
          // A browser lets nobody read what changes while it is read: between two lines stands a transaction.
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      })();
      for (let look = 0; look < 20; look++) {
        const least = appended;
        const [file] = await other.list();
        const text = await other.read('a');
        // No size is told of a file that is being written.
        for (const size of [file?.size ?? text.length, text.length]) {
          if (size < least * line.length) throw new Error(`${size} of ${least} lines`);
        }
        // What is being written may be there in part, or not yet.
        const whole = text.slice(0, least * line.length);
        same(whole === line.repeat(least), true);
      }
      isOver = true;
      await writing;
      same((await other.read('a')) === line.repeat(appended), true);
      await writer.close();
      await other.close();
    },
  },
  {
    title:
      "another tab's file can be read while it is written, and not be removed until it is let go",
    async run(shelf, name) {
      const writer = await shelf.open(name);
      const other = await shelf.open(name);
      await writer.append('a', 'mine\n');
      same(await other.read('a'), 'mine\n');
      same(await other.remove('a'), false);
      same(await other.read('a'), 'mine\n');
      await writer.release('a');
      same(await other.remove('a'), true);
      same(await names(writer), []);
      await writer.close();
      await other.close();
    },
  },
  {
    title:
      'a file that has grown since it was looked at stays, also where whoever wrote to it is gone',
    async run(shelf, name) {
      const [writer, other] = [await shelf.open(name), await shelf.open(name)];
      await writer.append('a', 'one\n');
      const size = (await other.list())[0]?.size ?? undefined;
      await writer.append('a', 'two\n');
      await writer.close();
      same(await other.remove('a', size), false);
      same(await other.read('a'), 'one\ntwo\n');
      same(await other.remove('a', 8), true);
      same(await other.list(), []);
      same(await other.remove('a', 8), true);
      await other.close();
    },
  },
  {
    title: 'what a closed tab leaves behind can be removed by another',
    async run(shelf, name) {
      const writer = await shelf.open(name);
      await writer.append('a', 'mine\n');
      await writer.close();
      const other = await shelf.open(name);
      same(await other.remove('a'), true);
      await other.close();
    },
  },
  {
    title: 'places of other names have nothing in common',
    async run(shelf, name) {
      const one = await shelf.open(`${name}/x`);
      const two = await shelf.open(`${name}/y`);
      await one.append('a', 'one');
      same(await two.list(), []);
      await one.close();
      await two.close();
    },
  },
];
