import { describe, expect, test } from 'vitest';
import { readSource } from './planted/copy.ts';
import { type Plant, PlantRotted, planted } from './planted/plant.ts';
import { plants } from './planted/plants.ts';
import { readPage, readRecord } from './planted/record.ts';
import { eachOf, scenariosFor, search, seedsOf } from './planted/search.ts';

/** A change of the kit or of the plans may move a find: so many seeds from the recorded one on. */
const drift = 150;
/** Processes at a time. */
const width = 2;

const edit = { file: 'a.ts', find: 'const one = 1;', replace: 'const one = 2;' };
const plant: Plant = { id: 'a wrong number', promise: 'one is one', edits: [edit] };

describe('planted bugs', () => {
  test('each still applies to the code, and its find is recorded and told', () => {
    const record = readRecord();
    const page = readPage();
    for (const { id, promise, edits } of plants) {
      expect(planted({ id, promise, edits }, readSource).size).toBeGreaterThan(0);
      expect(record[id], `${id}: run npm run planted -- --write`).toBeDefined();
      expect(page).toContain(
        `| ${id} | ${promise} | ${record[id]?.invariant} | ${record[id]?.place} |`,
      );
    }
    expect(Object.keys(record).sort()).toEqual(plants.map(({ id }) => id).sort());
  });

  test('a plant whose text is not in the file, or is there twice, has rotted', () => {
    expect(planted(plant, () => 'const one = 1;').get('a.ts')).toBe('const one = 2;');
    expect(() => planted(plant, () => 'const two = 2;')).toThrow('"a wrong number" has rotted');
    const twice = () => planted(plant, () => 'const one = 1;'.repeat(2));
    expect(twice).toThrow(PlantRotted);
    expect(twice).toThrow('holds 2 times');
  });

  test('each is found again by the simulator', async () => {
    const record = readRecord();
    const missed: string[] = [];
    await eachOf(plants, width, async (one) => {
      const from = record[one.id]?.place;
      const places = one.by ? scenariosFor(one, from) : seedsOf(one, Number(from ?? 1), drift);
      const report = await search(one, places).catch((error: unknown) => String(error));
      if (typeof report === 'string') missed.push(`${one.id}: ${report}`);
      else if (!report.found) missed.push(one.id);
    });
    expect(missed).toEqual([]);
  }, 600_000);

  test('where a bug was found, the kit as it is breaks no promise', async () => {
    const places = Object.values(readRecord()).map(({ place }) => place);
    const seeds = places.filter((place) => typeof place === 'number');
    expect((await search(null, seeds)).found).toBeNull();
  }, 60_000);
});
