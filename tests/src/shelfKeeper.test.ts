import { expect, test } from 'vitest';
import { readShelf } from '../../src/journal/shelfFiles.ts';
import { ShelfKeeper } from '../../src/journal/shelfKeeper.ts';
import { type Codec, identityCodec } from '../../src/ports/codec.ts';
import { memoryShelf } from '../../src/storage/memoryShelf.ts';
import { emptyFacts, type Facts, laneKey } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { operationsIn } from '../../store/operationsIn.ts';
import type { JournalEntry } from '../../store/rows/row.ts';
import { operationsToldBy, unframed } from '../../store/shelf/line.ts';
import { recoverShelf } from '../../store/shelf/recover.ts';
import { models, operation, recorded, sealed } from '../support/rows.ts';
import { quickEnv } from '../support/tinyServer.ts';

/** Tabs of one device over one journal; what is written is folded when the test says so. */
async function device(codec: Codec = identityCodec) {
  const shelf = memoryShelf();
  const disk: JournalEntry[] = [];
  const watcher = await shelf.open('app');
  let meanwhile = async () => {};
  let appended = async () => {};
  let sizeTold = (size: number | null) => size;
  async function tab(writer: string) {
    let facts: Facts = emptyFacts(models);
    const connection = await shelf.open('app');
    const keeper = new ShelfKeeper(
      {
        ...{ env: quickEnv(), codec, database: 'db', replaces: [], unread: 0, writer },
        owner: writer,
        open: () => shelf.open('app'),
        sizes: shelf.sizes,
        ...{ headAtStart: disk.length, keepsOthers: false },
        facts: () => facts,
        headOnDisk: async () => {
          const head = disk.length;
          await meanwhile();
          return head;
        },
        onChange: (_, error) => expect(error).toBeNull(),
      },
      {
        ...connection,
        list: async () => {
          const files = await connection.list();
          return files.map(({ name, size }) => ({ name, size: sizeTold(size) }));
        },
        append: async (file, text) => {
          const before = await connection.append(file, text);
          await appended();
          return before;
        },
      },
    );
    return {
      keeper,
      /** Durable in the database; resolves when the second shelf has it, not folded. */
      async write(recordId: string): Promise<void> {
        const row = recorded(operation('update', recordId, { n: 1 }));
        const entry = { sequence: disk.length + 1, row };
        disk.push(entry);
        await keeper.keep(facts, [entry], () => true);
      },
      /** Its transaction runs, under a sequence that is likely; resolves when the second shelf has it. */
      async foretell(recordId: string): Promise<void> {
        const row = recorded(operation('update', recordId, { n: 1 }));
        keeper.foretell(facts, [{ sequence: disk.length + 1, row }], () => true);
        await connection.list();
      },
      /** Seals what waits of a record. */
      async seal(recordId: string): Promise<void> {
        const row = sealed(operationsIn(facts, laneKey('todo', recordId)));
        const entry = { sequence: disk.length + 1, row };
        disk.push(entry);
        await keeper.keep(facts, [entry], () => true);
      },
      fold: () => {
        facts = foldEntries(facts, disk.slice(facts.head)).facts;
      },
    };
  }
  async function recovered(): Promise<string[]> {
    const names = (await watcher.list()).map(({ name }) => name);
    const { files } = await readShelf(watcher, codec, names, quickEnv());
    return recoverShelf(files).lanes.map(({ recordId }) => recordId);
  }
  const afterLook = (work: () => Promise<void>) => {
    meanwhile = () => {
      meanwhile = async () => {};
      return work();
    };
  };
  const afterAppend = (work: () => Promise<void>) => {
    appended = () => {
      appended = async () => {};
      return work();
    };
  };
  async function texts(): Promise<string[]> {
    const names = (await watcher.list()).map(({ name }) => name);
    return Promise.all(names.map((name) => watcher.read(name)));
  }
  return {
    tab,
    recovered,
    /** What the files hold. */
    texts,
    /** Done once, right after somebody has looked how far the journal is. */
    afterLook,
    /** Done once, when lines were written and nobody has heard of it yet. */
    afterAppend,
    /** Whoever looks at a file finds that another one writes to it. */
    writeAllTheTime: () => {
      sizeTold = () => null;
    },
  };
}

test('N16: a change that is kept while the file begins anew stands in the new one, though it is folded later', async () => {
  const { tab, recovered } = await device();
  const own = await tab('own');
  await own.write('a');
  own.fold();
  const written = own.write('b');
  await Promise.all([written, own.keeper.restate('leading')]);
  expect((await recovered()).sort()).toEqual(['a', 'b']);
  own.fold();
  await own.keeper.restate('leading');
  expect((await recovered()).sort()).toEqual(['a', 'b']);
});

test('N16 MT3: a page that is frozen while its file begins anew leaves all of it there', async () => {
  const { tab, recovered, afterAppend } = await device();
  const own = await tab('own');
  await own.write('a');
  await own.write('b');
  own.fold();
  const restated = own.keeper.restate('leading');
  // Until its lines are on their way.
  afterAppend(() => own.keeper.release());
  await restated;
  expect((await recovered()).sort()).toEqual(['a', 'b']);
  await own.write('c');
  own.fold();
  await own.keeper.restate('leading');
  expect((await recovered()).sort()).toEqual(['a', 'b', 'c']);
});

test('N16: the file of a tab that wrote and ended while the leader wrote its own anew stays', async () => {
  const { tab, recovered, afterLook } = await device();
  const [leader, other] = [await tab('leader'), await tab('other')];
  await other.write('a');
  leader.fold();
  afterLook(async () => {
    await other.write('b');
    await other.keeper.close();
  });
  await leader.keeper.restate('leading');
  expect((await recovered()).sort()).toEqual(['a', 'b']);
  leader.fold();
  await leader.keeper.restate('leading');
  expect((await recovered()).sort()).toEqual(['a', 'b']);
});

test('N16: a file that another tab was writing to at each look stays, though that tab has ended since', async () => {
  const { tab, recovered, afterLook, writeAllTheTime } = await device();
  const [leader, other] = [await tab('leader'), await tab('other')];
  await other.write('a');
  leader.fold();
  writeAllTheTime();
  afterLook(async () => {
    await other.write('b');
    await other.keeper.close();
  });
  await leader.keeper.restate('leading');
  expect((await recovered()).sort()).toEqual(['a', 'b']);
});

test('N16: lines stand in the order in which they came, also where a codec takes longer for the first', async () => {
  let count = 0;
  const slowAtFirst: Codec = {
    encode: (text) => new Promise((done) => setTimeout(() => done(text), count++ === 0 ? 20 : 0)),
    decode: (text) => text,
  };
  const { tab, texts } = await device(slowAtFirst);
  const own = await tab('own');
  await Promise.all([own.write('a'), own.write('b')]);
  const [text = ''] = await texts();
  const kinds = text
    .split('\n')
    .flatMap((line) => line.match(/"kind":"(file|operation)"/)?.[1] ?? []);
  expect(kinds).toEqual(['file', 'operation', 'operation']);
});

test('N16 I7: a change that the database refused after all is taken back from the second shelf', async () => {
  const { tab, recovered, texts } = await device();
  const own = await tab('own');
  await own.foretell('a');
  expect(await recovered()).toEqual(['a']);
  await own.keeper.foretoldIs(null);
  expect(await texts()).toEqual(['']);
  await own.write('b');
  expect(await recovered()).toEqual(['b']);
  // Another tab's row came before it: nothing stays of what was foretold of that sequence.
  await own.foretell('c');
  await own.keeper.foretoldIs(9);
  expect(await recovered()).toEqual(['b']);
});

/** A tab whose file is to begin anew while the transaction of `b` runs; `a` is kept and folded. */
async function restatingInDoubt() {
  const { tab, recovered } = await device();
  const own = await tab('own');
  await own.write('a');
  own.fold();
  await own.foretell('b');
  return { own, recovered, restated: own.keeper.restate('leading') };
}

test('N16: a file begins anew only when it is known whether what was foretold is so', async () => {
  const { own, restated, recovered } = await restatingInDoubt();
  await own.keeper.foretoldIs(null);
  await restated;
  expect(await recovered()).toEqual(['a']);
  await own.foretell('c');
  const again = own.keeper.restate('leading');
  await own.keeper.foretoldIs(2);
  await again;
  // It is durable, and the facts do not have it yet.
  expect((await recovered()).sort()).toEqual(['a', 'c']);
});

test('N16 MT3: a change that a frozen page had foretold is taken back from the file that it let go', async () => {
  const { tab, recovered } = await device();
  const own = await tab('own');
  await own.write('a');
  await own.foretell('b');
  await own.keeper.release();
  await own.keeper.foretoldIs(null);
  expect(await recovered()).toEqual(['a']);
});

test('N16: a leader removes what a tab foretold that died before the database had it', async () => {
  const { tab, recovered } = await device();
  const [leader, other] = [await tab('leader'), await tab('other')];
  await other.write('a');
  await other.foretell('b');
  await other.keeper.close();
  expect((await recovered()).sort()).toEqual(['a', 'b']);
  leader.fold();
  await leader.keeper.tidy('leading');
  expect(await recovered()).toEqual(['a']);
  // Nothing more was left behind: it is not written again.
  const before = await recovered();
  await leader.keeper.tidy('leading');
  expect(await recovered()).toEqual(before);
});

/** The operations that the lines of each file tell whole. */
const toldIn = (texts: readonly string[]) =>
  texts.map((text) =>
    unframed(text)
      .lines.map((line) => JSON.parse(line))
      .flatMap(operationsToldBy),
  );

test('N16: a seal tells no operation again that stands in the same file, and each that stands in another', async () => {
  const { tab, recovered, texts } = await device();
  const [leader, other] = [await tab('leader'), await tab('other')];
  await leader.write('a');
  leader.fold();
  await other.write('b');
  leader.fold();
  await leader.seal('a');
  leader.fold();
  await leader.seal('b');
  leader.fold();
  const [own, others] = toldIn(await texts());
  expect([own?.length, others?.length]).toEqual([2, 1]);
  expect(new Set(own).size).toBe(2);
  expect((await recovered()).sort()).toEqual(['a', 'b']);
  // The file that begins anew tells all of it, and those before it are gone.
  await leader.keeper.restate('leading');
  expect((await recovered()).sort()).toEqual(['a', 'b']);
});

test('N16 MT3: a seal in the file that a page begins after it was frozen tells its operations anew', async () => {
  const { tab, texts } = await device();
  const own = await tab('own');
  await own.write('a');
  own.fold();
  await own.keeper.release();
  await own.seal('a');
  expect(toldIn(await texts()).map((ids) => ids.length)).toEqual([1, 1]);
});

test('MT3 N16: what was foretold in a file that was let go is told again: another tab may have removed it', async () => {
  const { tab, recovered } = await device();
  const [leader, other] = [await tab('leader'), await tab('other')];
  await other.foretell('a');
  await other.keeper.release();
  await leader.keeper.restate('leading');
  await other.keeper.foretoldIs(1);
  await other.write('a');
  expect(await recovered()).toEqual(['a']);
});

test('N16: a file that grew to the size it had before something was taken back is not taken for that one', async () => {
  const { tab, recovered, afterLook } = await device();
  const [leader, other] = [await tab('leader'), await tab('other')];
  await other.foretell('a');
  afterLook(async () => {
    await other.keeper.foretoldIs(null);
    await other.write('b');
    await other.keeper.close();
  });
  await leader.keeper.restate('leading');
  expect(await recovered()).toEqual(['b']);
});

test('N16: a page that closes in doubt leaves the file with what it had foretold as it is', async () => {
  const { own, restated, recovered } = await restatingInDoubt();
  await own.keeper.close();
  await restated;
  expect(await recovered()).toEqual(['a']);
});
