import 'fake-indexeddb/auto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { indexedDb } from '../../src/storage.ts';
import { type Asked, askedUntil } from '../support/countedIdb.ts';
import { idOf, makeScaleWorld, type ScaleWorld } from './scaleWorld.ts';

/**
 * What an app without the kit does: each value in a put, in as many strict transactions as there
 * are moments at which somebody waits for it. Ours stands beside it, counted in the same run.
 */
async function rawPuts(groups: readonly (readonly unknown[])[]): Promise<Asked> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(`raw-${crypto.randomUUID()}`, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('rows');
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const asked = await askedUntil(async () => {
    let n = 0;
    for (const group of groups) {
      const transaction = database.transaction('rows', 'readwrite', { durability: 'strict' });
      for (const value of group) transaction.objectStore('rows').put(value, n++);
      await new Promise((resolve) => {
        transaction.oncomplete = resolve;
      });
    }
  });
  database.close();
  return asked;
}

const records = 1_000;
const many = 100;
let world: ScaleWorld;

beforeAll(async () => {
  world = await makeScaleWorld({ records, kept: indexedDb() });
  // Warm: what is asked for once was asked for.
  await world.edit().saved;
  await world.sync.persistor.flush();
  await world.quiet();
}, 60_000);

afterAll(() => world.sync.stop());

/** A text as long as the rows that were written since it was asked last are on average. */
function rowLike(): string {
  const { rows, rowText } = world.storage.taken();
  return 'x'.repeat(Math.round(rowText / rows));
}

/** Ours as a multiple of the floor. */
function ratios(ours: Asked, floor: Asked) {
  return {
    transactions: ours.transactions / floor.transactions,
    requests: (ours.writes + ours.reads) / (floor.writes + floor.reads),
    characters: ours.characters / floor.characters,
  };
}

describe('N14: beside raw IndexedDB, counted in the same run', () => {
  test('N14: an edit until saved is one raw put of its row: no other request, no character more', async () => {
    world.storage.taken();
    const ours = await askedUntil(() => world.edit().saved);
    const beside = ratios(ours, await rawPuts([[rowLike()]]));
    expect(beside.transactions).toBe(1);
    expect(beside.requests).toBe(1);
    expect(beside.characters).toBeCloseTo(1, 1);
  });

  test('N14: a hundred edits of one moment are one transaction, and a fiftieth of the requests', async () => {
    world.storage.taken();
    const ours = await askedUntil(() =>
      Promise.all(Array.from({ length: many }, () => world.edit().saved)),
    );
    const row = rowLike();
    const beside = ratios(ours, await rawPuts([Array.from({ length: many }, () => row)]));
    expect(beside.transactions).toBe(1);
    expect(beside.requests).toBeLessThanOrEqual(0.02);
    expect(beside.characters).toBeLessThan(1.1);
  });

  test('N14: a hundred answers, and all that follows them, are fewer than half a transaction each', async () => {
    await world.connect();
    world.storage.taken();
    const ours = await askedUntil(async () => {
      for (let n = 0; n < many; n++) {
        world.waiting.shift()?.commit();
        await world.quiet();
      }
    });
    const row = rowLike();
    const beside = ratios(ours, await rawPuts(Array.from({ length: many }, () => [row])));
    // Of sealing and of answering, in groups; each first compares head and fence.
    expect(beside.transactions).toBeLessThan(0.5);
    expect(beside.requests).toBeLessThan(2);
    expect(beside.characters).toBeLessThan(1.1);
  }, 60_000);

  test('N14: a first start with its pull and its checkpoint asks for a tenth of a put of each record', async () => {
    const all = Array.from({ length: records }, (_, n) => ({
      ...{ id: idOf(n), title: `Record number ${n}`, counter: 1 },
    }));
    let fresh: ScaleWorld | undefined;
    const ours = await askedUntil(async () => {
      fresh = await makeScaleWorld({ records, kept: indexedDb() });
    });
    const beside = ratios(ours, await rawPuts([all]));
    expect(beside.transactions).toBeLessThanOrEqual(6);
    expect(beside.requests).toBeLessThan(0.1);
    // Each stands in the journal and in its page, both times under a key; they are very short.
    expect(beside.characters).toBeLessThan(4);
    await fresh?.sync.stop();
  }, 60_000);
});
