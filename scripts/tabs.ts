import { parseArgs } from 'node:util';
import { serveApp } from '../tests/e2e/support/device.ts';
import { tabRounds } from '../tests/e2e/support/tabRounds.ts';

/**
 * `npm run tabs -- --rounds 100 [--tabs 10]`: the tabs of one real browser write, and again and again
 * the one that leads is closed, crashes, hangs or is frozen. Ends with 1 if anything that was called
 * saved is missing, anything was done twice, or two tabs show something else.
 */
const { rounds, tabs } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    tabs: { type: 'string', default: '10' },
  },
}).values;

if (!/^[1-9]\d{0,4}$/.test(rounds) || !/^([2-9]|[1-4]\d|50)$/.test(tabs)) {
  console.error('--rounds takes a number of rounds, for example 100; --tabs one from 2 to 50.');
  process.exit(2);
}

const began = performance.now();
await using page = await serveApp();
const summary = await tabRounds({
  ...{ rounds: Number(rounds), tabs: Number(tabs), page },
  print: console.log,
});
const { takeovers, steals, acknowledged, missing, doubled, wrong, waits } = summary;
for (const line of [...missing, ...doubled, ...wrong].slice(0, 50)) console.error(line);
for (const [mishap, times] of Object.entries(waits)) {
  if (times.length === 0) continue;
  const [least, most] = [Math.min(...times), Math.max(...times)].map(Math.round);
  console.log(`${mishap}: ${times.length} times, another led after ${least} to ${most} ms`);
}
const seconds = Math.round((performance.now() - began) / 1_000);
console.log(
  `${takeovers} takeovers, ${steals} steals, ${acknowledged} edits acknowledged, ` +
    `${missing.length} missing, ${doubled.length} doubled, ${wrong.length} wrong (${seconds} s)`,
);
if (missing.length + doubled.length + wrong.length > 0) process.exitCode = 1;
