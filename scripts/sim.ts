import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { generate } from '../src/testing/generate.ts';
import type { Plan } from '../src/testing/plan.ts';
import { simulate } from '../src/testing/simulate.ts';

/**
 * `npm run sim -- --seeds N [--seed S]`: N random plans from seed S on; `--plan file.json` with
 * `--seed S` repeats one plan. Ends with 1 at the first broken promise, and prints how to repeat it.
 */
const { seeds, seed, plan } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    plan: { type: 'string' },
  },
}).values;

const first = Number(seed);
const count = Number(seeds ?? (plan === undefined ? 1_000 : 1));
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
  console.error('--seed and --seeds take whole numbers, --seeds from 1 on');
  process.exit(2);
}

const given = plan === undefined ? null : (JSON.parse(await readFile(plan, 'utf8')) as Plan);
const began = performance.now();
const sum = { steps: 0, fired: 0, faults: 0, requests: 0 };
for (let at = first; at < first + count; at++) {
  const made = given ?? generate(at);
  try {
    const result = await simulate(at, made);
    if (given && result.fired < made.faults.length) {
      console.error(`only ${result.fired} of the plan's ${made.faults.length} faults ever struck`);
      process.exit(1);
    }
    sum.steps += result.steps;
    sum.fired += result.fired;
    sum.faults += made.faults.length;
    sum.requests += result.requests;
  } catch (error) {
    console.error(error);
    console.error(
      `repeat it: npm run sim -- --seeds 1 --seed ${at}${plan ? ` --plan ${plan}` : ''}`,
    );
    process.exit(1);
  }
}
const seconds = (performance.now() - began) / 1_000;
console.log(
  `${count} seeds from ${first}: no promise broken. ${sum.steps} steps, ${sum.requests} requests, ` +
    `${sum.fired} of ${sum.faults} faults struck; ${Math.round(count / seconds)} seeds a second, ` +
    `${Math.round(sum.steps / count)} steps a seed`,
);
