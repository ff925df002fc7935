import { runGroups } from '../runGroups.ts';
import { comparisonTable } from './comparison.ts';
import { peerGroups } from './groups.ts';
import { readPeerOptions } from './options.ts';

const options = readPeerOptions();
await runGroups({
  ...{ groups: peerGroups, options, print: comparisonTable },
  entry: new URL('./page/main.ts', import.meta.url),
  toJson: (comparisons) => ({ options, comparisons }),
});
