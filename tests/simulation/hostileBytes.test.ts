import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Checkpointer, rootKey } from '../../src/journal/checkpointer.ts';
import { hydrate } from '../../src/journal/hydrate.ts';
import { identityCodec } from '../../src/ports/codec.ts';
import { memory, type StorageConnection } from '../../src/storage.ts';
import { emptyFacts, type Facts } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { type Json, sameJson } from '../../store/json.ts';
import { getIn, keysOf, scan, valuesOf } from '../../store/pages.ts';
import { decodeEntry, encodeRow } from '../../store/rows/codec.ts';
import { createSyncSlice } from '../../store/slice.ts';
import { badState, changedPrototype, type Hostile, hostile } from '../support/hostile.ts';
import { canonical, models, operation, recorded, row } from '../support/rows.ts';

const golden = readFileSync(new URL('../store/fixtures/rows.v1.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');

/** Fails with the case that did it. */
function check({ number, how, text }: Hostile, broken: string | null): void {
  const why = broken ?? changedPrototype();
  if (why) expect.fail(`case ${number} (${how}): ${why}\n${text.slice(0, 400)}`);
}

describe('rows of the journal', () => {
  const good = golden.map((text, i) => decodeEntry(i + 1, text));

  /** Records and outbox, but for those of one record. */
  function others({ models: known, outbox }: Facts, recordId: string | undefined): string {
    const seen: unknown[] = [];
    for (const { records } of Object.values(known)) {
      scan(records, '', (entry, id) => {
        if (id !== recordId) seen.push(id, entry);
        return true;
      });
    }
    seen.push(valuesOf(outbox).filter((operation) => operation.recordId !== recordId));
    return JSON.stringify(seen);
  }

  function brokenRow(at: number, text: string): string | null {
    const entry = decodeEntry(at + 1, text);
    const { facts } = foldEntries(emptyFacts(models), good.with(at, entry));
    const bad = badState(canonical(facts));
    if (bad) return `the facts: ${bad}`;
    if (facts.head !== golden.length) return `the head is ${facts.head}`;
    if (entry.row) {
      const written = encodeRow(entry.row);
      const { row } = decodeEntry(at + 1, written);
      return row && encodeRow(row) === written ? null : 'the row is not what it is written as';
    }
    if (entry.text !== text) return 'the bytes of a row that can not be read are not kept';
    const kept = valuesOf(facts.quarantine).some((item) => item.text === text);
    if (!kept) return 'it is not in quarantine';
    const { facts: without } = foldEntries(emptyFacts(models), good.toSpliced(at, 1));
    const id = entry.lane?.recordId;
    return others(facts, id) === others(without, id) ? null : 'other records are not as without it';
  }

  test('P23 ST10 UP2 I26: whatever stands in a row, it is read or kept with its bytes, and the rest is folded', () => {
    for (let number = 0; number < 6_000; number++) {
      const at = number % golden.length;
      const bad = hostile(number, golden[at] as string);
      let broken: string | null;
      try {
        broken = brokenRow(at, bad.text);
      } catch (error) {
        broken = `threw ${(error as Error).stack}`;
      }
      check(bad, broken);
    }
  });
});

describe('checkpoints', () => {
  /** A disk with all that golden rows leave, enough records for a tree of pages, and a tail of rows. */
  async function goodDisk() {
    const connection = await memory().open('hostile');
    await connection.commit({ fence: 1 });
    let names = 0;
    const parts = { connection, codec: identityCodec, now: () => 0, breathe: async () => {} };
    const checkpointer = new Checkpointer(
      { ...parts, uniqueName: () => `c${names++}` },
      new Map(),
      new Map(),
    );
    const items = Array.from({ length: 300 }, (_, i) => {
      const id = `n${String(i).padStart(4, '0')}`;
      return { id, record: { id, text: `t${i}`, tags: ['x', { y: null }] }, version: '"1"' };
    });
    const end = { since: null, cursor: 'c', complete: true } as const;
    const many = row({ type: 'pulled', model: 'note', items, deleted: [], ...end });
    const entries = [...golden.map((text, i) => decodeEntry(i + 1, text))];
    entries.push({ sequence: golden.length + 1, row: many });
    const { facts } = foldEntries(emptyFacts(models), entries);
    await connection.commit({ append: [...golden, encodeRow(many)] });
    await checkpointer.write(facts, 1);
    await connection.commit({
      append: [encodeRow(recorded(operation('create', 'late', { n: 1 })))],
    });
    const keys = await connection.pageKeys();
    const pages = new Map<string, string>();
    for (const key of keys) pages.set(key, String((await connection.readPages([key]))[0]));
    const [root] = await connection.readMeta([rootKey]);
    return { connection, pages, root: String(root), parts };
  }

  /** Reads a disk on which one text is another; null: it says so, as it should, and stops. */
  async function readWith(
    { connection, pages, parts }: Awaited<ReturnType<typeof goodDisk>>,
    bad: { readonly page: string | null; readonly text: unknown },
  ): Promise<Facts | null> {
    const bent: StorageConnection = {
      ...connection,
      readMeta: async (keys) => (bad.page === null ? [bad.text] : connection.readMeta(keys)),
      readPages: async (keys) => keys.map((key) => (key === bad.page ? bad.text : pages.get(key))),
    };
    try {
      return (await hydrate({ ...parts, connection: bent, models })).facts;
    } catch (error) {
      if (error instanceof Error && error.constructor !== TypeError) return null;
      throw error;
    }
  }

  /** Whether facts can be lived with: shown, folded on, and written again as they are. */
  async function brokenFacts(facts: Facts): Promise<string | null> {
    const bad = badState(canonical(facts));
    if (bad) return bad;
    for (const { records } of Object.values(facts.models)) {
      const keys = keysOf(records);
      if (keys.length !== records.size) return 'the records are not counted';
      for (const key of keys) {
        const entry = getIn(records, key);
        if (!entry) return `the record ${key} can not be found`;
        const isText = [entry.version, entry.alias].every(
          (it) => it === null || typeof it === 'string',
        );
        if (!isText) return `the version of ${key} is none`;
      }
    }
    const entries = golden.map((text, i) => decodeEntry(facts.head + 1 + i, text));
    foldEntries(facts, entries);
    const connection = await memory().open('again');
    await connection.commit({ fence: 1 });
    const parts = { connection, codec: identityCodec, now: () => 0, breathe: async () => {} };
    const options = { ...parts, uniqueName: () => 'again' };
    await new Checkpointer(options, new Map(), new Map()).write(facts, 1);
    const again = await hydrate({ ...parts, models });
    // In whatever order an object names its parts.
    const plain = (of: Facts) => JSON.parse(JSON.stringify(canonical(of))) as Json;
    const same = sameJson(plain(again.facts), plain(facts));
    return same ? null : 'written and read again they are others';
  }

  test('ST10 ST12 CR20 I26: a damaged page or root is told, or what is read can be lived with', async () => {
    const disk = await goodDisk();
    const good = await readWith(disk, { page: null, text: disk.root });
    expect(good && (await brokenFacts(good))).toBeNull();
    const keys: (string | null)[] = [null, null, null, ...disk.pages.keys()];
    let told = 0;
    for (let number = 0; number < 1_500; number++) {
      const page = keys[number % keys.length] ?? null;
      const bad = hostile(number, page === null ? disk.root : (disk.pages.get(page) ?? ''));
      let broken: string | null = null;
      try {
        const facts = await readWith(disk, { page, text: bad.text });
        if (facts) broken = await brokenFacts(facts);
        else told++;
      } catch (error) {
        broken = `threw ${(error as Error).stack}`;
      }
      check({ ...bad, how: `${page ?? 'root'}: ${bad.how}` }, broken);
    }
    expect(told).toBeGreaterThan(300);
  }, 60_000);
});

describe('what redux-persist hands over', () => {
  test('I26 ST10: a payload under our key that is not what was read from our disk changes nothing', () => {
    const slice = createSyncSlice('sync', models);
    const before = slice.reducer(undefined, { type: 'begin' });
    const entries = golden.map((text, i) => decodeEntry(i + 1, text));
    const { facts } = foldEntries(emptyFacts(models), entries);
    const { head: _, ...others } = JSON.parse(JSON.stringify(before.sequenced)) as Facts;
    const good = JSON.stringify({ sequenced: others, tail: {}, todo: [{ id: 'a' }], _persist: {} });
    for (let number = 0; number < 500; number++) {
      const bad = hostile(number, good);
      let payload: unknown = bad.text;
      try {
        payload = JSON.parse(bad.text);
      } catch {
        // As text, then.
      }
      for (const hostilePayload of [payload, { payload }, others]) {
        const action = { type: 'persist/REHYDRATE', key: 'sync', payload: hostilePayload };
        const same = slice.reducer(before, action) === before;
        check(bad, same ? null : 'the state was changed');
      }
    }
    const own = { type: 'persist/REHYDRATE', key: 'sync', payload: facts };
    expect(slice.reducer(before, own).sequenced).toBe(facts);
  });
});
