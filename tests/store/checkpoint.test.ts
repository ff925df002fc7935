import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Checkpointer } from '../../src/journal/checkpointer.ts';
import { type Hydrated, hydrate } from '../../src/journal/hydrate.ts';
import { identityCodec } from '../../src/ports/codec.ts';
import { memory, type StorageConnection, StorageError } from '../../src/storage.ts';
import { decodePage, decodeRoot } from '../../store/checkpoint.ts';
import { emptyFacts, type Facts, laneKey } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { getIn } from '../../store/pages.ts';
import { encodeRow } from '../../store/rows/codec.ts';
import type { Row } from '../../store/rows/row.ts';
import {
  answered,
  canonical,
  failure,
  models,
  operation,
  recorded,
  row,
  sealed,
  TestJournal,
} from '../support/rows.ts';

const pacing = { now: () => 0, breathe: () => Promise.resolve() };
const codec = identityCodec;
let names = 0;
const uniqueName = () => `c${names++}`;

/** A device's disk with the writer of its checkpoints, and the facts as they should be. */
async function disk() {
  const storage = memory();
  const connection = await storage.open('x');
  await connection.commit({ fence: 1 });
  const journal = new TestJournal();
  let checkpointer = new Checkpointer(
    { connection, codec, ...pacing, uniqueName },
    new Map(),
    new Map(),
  );
  const read = (): Promise<Hydrated> => hydrate({ connection, codec, ...pacing, models });
  return {
    ...{ connection, journal, read },
    add: async (...rows: readonly Row[]) => {
      journal.add(...rows);
      await connection.commit({ append: rows.map(encodeRow) });
    },
    write: (facts: Facts = journal.facts) => checkpointer.write(facts, 1),
    sweep: () => checkpointer.sweep(1),
    restart: async () => {
      const hydrated = await read();
      const { stored, pages, root } = hydrated;
      const options = { connection, codec, ...pacing, uniqueName };
      checkpointer = new Checkpointer(options, stored, pages, root);
      return hydrated;
    },
  };
}

function many(count: number, from = 0): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const id = `r${String(from + i).padStart(6, '0')}`;
    return recorded(operation('create', id, { id, n: i }));
  });
}

describe('a checkpoint', () => {
  test('gives back the same facts, what is derived included', async () => {
    const { add, write, read, journal, connection } = await disk();
    const [a, b, c] = [
      operation('create', 'a', { id: 'a' }),
      operation('create', 'b', { id: 'b' }),
      operation('create', 'c'),
    ];
    const edit = operation('update', 'a', { n: 2 });
    const hidden = operation(
      'create',
      'd',
      { id: 'd' },
      { visible: false, strategy: 'waitForRemote' },
    );
    const merged = operation('update', 'b', { m: 1 }, { supersedes: ['old'] });
    await add(recorded(a), recorded(b), recorded(c), sealed([a]), recorded(edit), recorded(hidden));
    await add(answered([a], { id: 'a', n: 1 }, '"1"', 'srv'), sealed([c]), recorded(merged));
    const about = { model: 'todo', recordId: 'c' } as const;
    await add(
      row({
        ...about,
        type: 'parked',
        reason: 'rejected',
        operationIds: [c.id],
        failure,
        rollback: true,
      }),
    );
    await write();
    expect(await connection.readRows(0, 99)).toEqual([]);
    const { facts } = await read();
    expect(canonical(facts)).toEqual(canonical(journal.facts));
    expect(getIn(facts.lanes, laneKey('todo', 'c'))?.state).toBe('failed');
  });

  test('CR15: rows beyond S stay, rows up to S go', async () => {
    const { add, write, read, journal, connection } = await disk();
    await add(...many(5));
    const moment = journal.facts;
    await add(...many(3, 5));
    await write(moment);
    expect((await connection.readRows(0, 99)).map((item) => item.sequence)).toEqual([6, 7, 8]);
    expect(canonical((await read()).facts)).toEqual(canonical(journal.facts));
  });

  test('writes only what changed since the last one', async () => {
    const { add, write, connection, read, journal } = await disk();
    await add(...many(2_000));
    const first = await write();
    await add(recorded(operation('update', 'r000700', { n: -1 })));
    const second = await write();
    expect(first).toBeGreaterThan(30);
    // A leaf and a branch of the records and of the outbox and lanes, and the small trees' roots.
    expect(second).toBeLessThan(10);
    const live = (await connection.pageKeys()).length;
    expect(live).toBeLessThan(Number(first) + 5);
    expect(canonical((await read()).facts)).toEqual(canonical(journal.facts));
  });

  test('CR15 MT7: is not written over another one than it was made on, whose pages it does not know', async () => {
    const { add, write, connection, read, journal } = await disk();
    await add(...many(2_000));
    await write();
    // The facts were read, and then another checkpoint took its place, and the old pages went.
    const { stored, pages, root } = await read();
    const behind = new Checkpointer(
      { connection, codec, ...pacing, uniqueName },
      ...([stored, pages, root] as const),
    );
    const stale = (await read()).facts;
    await add(...many(2_000, 2_000));
    await write();
    expect(await behind.write(stale, 1)).toBe('behind');
    expect(await behind.sweep(1)).toBeGreaterThan(0);
    expect(canonical((await read()).facts)).toEqual(canonical(journal.facts));
  });

  test('goes on after a restart without writing again what stands', async () => {
    const { add, write, restart, read, journal } = await disk();
    const rows = many(2_000);
    await add(...rows);
    for (const made of rows) {
      if (made.type !== 'recorded') continue;
      const { operation: created } = made;
      await add(sealed([created]), answered([created], created.changes));
    }
    await write();
    await restart();
    expect(await write((await restart()).facts)).toBeLessThan(3);
    expect(canonical((await read()).facts)).toEqual(canonical(journal.facts));
  });

  test('CR15 CR20: a crash at any step leaves the old one whole, and the next start sweeps', async () => {
    for (let crashAt = 0; ; crashAt++) {
      const { add, write, restart, sweep, connection, journal } = await disk();
      await add(...many(3_000));
      await write();
      await add(...many(2_500, 3_000));
      const real = connection.commit;
      let step = 0;
      Object.assign(connection, {
        commit: (batch: Parameters<StorageConnection['commit']>[0]) =>
          step++ === crashAt ? Promise.reject(new StorageError('lost', 'killed')) : real(batch),
      });
      const crashed = await write().then(
        () => false,
        () => true,
      );
      Object.assign(connection, { commit: real });
      if (!crashed) {
        expect(crashAt).toBeGreaterThan(2);
        return;
      }
      const { facts } = await restart();
      expect(canonical(facts)).toEqual(canonical(journal.facts));
      const before = (await connection.pageKeys()).length;
      const swept = await sweep();
      expect((await connection.pageKeys()).length).toBe(before - swept);
      expect(canonical((await restart()).facts)).toEqual(canonical(journal.facts));
      await write(facts);
      expect(canonical((await restart()).facts)).toEqual(canonical(journal.facts));
      expect(await sweep()).toBe(0);
    }
  });

  test('I20: a leader that was fenced out writes nothing', async () => {
    const { add, write, connection } = await disk();
    await add(...many(5));
    await connection.commit({ fence: 2 });
    expect(await write()).toBe('fenced');
    expect(await connection.readRows(0, 99)).toHaveLength(5);
  });

  test('CR20: of the same moment written twice, with a start in between, keeps all its pages', async () => {
    const { add, write, restart, read, journal } = await disk();
    await add(...many(300));
    await write();
    await restart();
    await write();
    expect(canonical((await read()).facts)).toEqual(canonical(journal.facts));
  });

  test('many in a row never lose a page that is needed (property)', async () => {
    const change = fc.tuple(fc.nat(400), fc.constantFrom('create', 'delete', 'update'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 60 }), { maxLength: 6 }),
        async (rounds) => {
          const { add, write, restart, read, journal, connection } = await disk();
          await add(...many(300));
          for (const round of rounds) {
            await add(
              ...round.map(([n, kind]) =>
                recorded(operation(kind as 'create', `r${String(n).padStart(6, '0')}`, { n })),
              ),
            );
            await write();
            if (round.length % 3 === 0) await restart();
            expect(canonical((await read()).facts)).toEqual(canonical(journal.facts));
          }
          expect((await connection.pageKeys()).length).toBeLessThan(60);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('what is read from disk', () => {
  test('a checkpoint of another version is not touched', async () => {
    const { connection, read } = await disk();
    await connection.commit({ putMeta: [['checkpoint', '{"v":2}']] });
    await expect(read()).rejects.toThrow('does not know');
    expect(decodeRoot(undefined)).toBeNull();
    expect(decodeRoot('[]')).toBeNull();
  });

  test('a page that is missing for good is told, never replaced by nothing', async () => {
    const { add, write, read, connection } = await disk();
    await add(...many(10));
    await write();
    const [key] = await connection.pageKeys();
    await connection.commit({ removePages: [key as string] });
    await expect(read()).rejects.toThrow('is missing');
  });

  test('pages that are none are refused', () => {
    for (const text of [undefined, '1', '{}', '{"keys":[]}', 'x']) {
      expect(() => decodePage('lanes', text)).toThrow();
    }
    expect(() => decodePage('records/todo', '{"keys":["a"],"values":[1]}')).toThrow('no list');
    expect(() => decodePage('records/todo', '{"keys":["a"],"values":[[1,null]]}')).toThrow(
      'no object',
    );
    expect(decodePage('records/todo', '{"keys":["a"],"values":[[{"id":"a"},null,1]]}')).toEqual({
      leaf: {
        keys: ['a'],
        values: [
          { base: { id: 'a' }, version: null, alias: null, shown: { id: 'a' }, confirmed: 1 },
        ],
      },
    });
  });

  test('the records of a model that this build does not have are kept', async () => {
    const { add, write, connection } = await disk();
    await add(...many(3));
    await write();
    const { facts } = await hydrate({ connection, codec, ...pacing, models: ['other'] });
    expect(facts.models.todo?.records.size).toBe(3);
    expect(facts.models.other?.records.size).toBe(0);
  });

  test('the journal alone is enough', async () => {
    const { add, read, journal } = await disk();
    await add(...many(2_500));
    const { facts, illegal } = await read();
    expect(canonical(facts)).toEqual(canonical(journal.facts));
    expect(illegal).toEqual([]);
    expect(foldEntries(emptyFacts(models), []).facts.head).toBe(0);
  });
});
