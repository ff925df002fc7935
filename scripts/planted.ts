import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { plants } from '../tests/simulation/planted/plants.ts';
import { type Row, writeRecord } from '../tests/simulation/planted/record.ts';
import {
  eachOf,
  scenariosFor,
  search,
  seedsFrom,
  seedsOf,
} from '../tests/simulation/planted/search.ts';

/**
 * `npm run planted [-- --only words] [-- --seeds N] [-- --write]`: plants each bug in a copy of the
 * kit and runs random days there until a promise breaks; then the kit as it is, for as many seeds as
 * the slowest bug needed. Ends with 1 if one is not found, or if the kit itself breaks a promise.
 */
const { only, seeds, write } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seeds: { type: 'string', default: '2000' },
    write: { type: 'boolean', default: false },
  },
}).values;

const limit = Number(seeds);
const chosen = plants.filter(({ id }) => id.includes(only));
if (!Number.isSafeInteger(limit) || limit < 1 || chosen.length === 0) {
  console.error(`--seeds takes a whole number from 1 on, --only words of one of:`);
  for (const { id } of plants) console.error(`  ${id}`);
  process.exit(2);
}
if (write && chosen.length < plants.length) {
  console.error('--write records the whole table: leave out --only');
  process.exit(2);
}

const rows = new Map<string, Row>();
await eachOf(chosen, Math.min(availableParallelism(), 4), async (plant) => {
  const report = await search(plant, plant.by ? scenariosFor(plant) : seedsOf(plant, 1, limit));
  rows.set(plant.id, { plant, report });
  const { found, seconds } = report;
  const where = found ? `${found.place}, ${found.seen.split('\n')[0]?.slice(0, 120)}` : 'NOT FOUND';
  console.log(`${plant.id}: ${where} (${seconds.toFixed(1)} s)`);
});

const sorted = chosen.flatMap(({ id }) => rows.get(id) ?? []);
console.table(
  Object.fromEntries(
    sorted.map(({ plant, report: { found, seconds } }) => [
      plant.id,
      {
        by: found?.invariant ?? 'NOT FOUND',
        at: found?.place,
        seconds: Number(seconds.toFixed(1)),
      },
    ]),
  ),
);

const slowest = Math.max(...sorted.map(({ plant, report }) => (plant.by ? 1 : report.ran)));
const { found: fault } = await search(null, seedsFrom(1, slowest));
if (fault) console.error(`the kit as it is breaks a promise at seed ${fault.place}: ${fault.seen}`);
const control = `The kit as it is broke no promise in the ${slowest} seeds that the slowest find took.`;
if (!fault) console.log(control);
const missed = sorted.filter(({ report }) => !report.found);
if (missed.length > 0)
  console.error(`not found: ${missed.map(({ plant }) => plant.id).join(', ')}`);
if (write && !fault) writeRecord(sorted, control);
process.exit(fault || missed.length > 0 ? 1 : 0);
