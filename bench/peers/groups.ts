import type { Page } from 'playwright-core';
import { startServerProcess } from '../referenceServer.ts';
import type { Comparison } from './comparison.ts';
import type { PeerOptions } from './options.ts';
import type {} from './page/main.ts';

type PeerGroup = (page: Page, options: PeerOptions) => Promise<Comparison[]>;

/** What is compared with other libraries, by name; each group has a tab of its own. */
export const peerGroups: Readonly<Record<string, PeerGroup>> = {
  drain: async (page, { operations, rounds, delays, who, synchronous }) => {
    await using server = await startServerProcess(synchronous);
    const { apiUrl, controlUrl } = server;
    const comparisons: Comparison[] = [];
    for (const delayMs of delays) {
      const options = { apiUrl, controlUrl, operations, delayMs, who };
      const times = await page.evaluate(({ options, rounds }) => peerBench.drain(options, rounds), {
        options,
        rounds,
      });
      const away = delayMs > 0 ? `, the server ${delayMs} ms away` : '';
      const name = `${operations.toLocaleString('en')} queued creates sent${away}`;
      comparisons.push({ name, times, aims: drainAims });
    }
    return comparisons;
  },

  liveQuery: async (page, { records: count, rounds }) => {
    const comparisons: Comparison[] = [];
    for (const offset of [0, 1_000]) {
      if (offset * 2 > count) continue;
      const options = { count, offset };
      const { edit, first } = await page.evaluate(
        ({ options, rounds }) => peerBench.liveQuery(options, rounds),
        { options, rounds },
      );
      const rows = offset > 0 ? `20 rows from the ${offset.toLocaleString('en')}th on` : '20 rows';
      const among = `among ${count.toLocaleString('en')}, filtered and sorted`;
      comparisons.push(
        { name: `one edit ${among}, until ${rows} are in hand`, times: edit, aims: queryAims },
        { name: `the first ${rows} ${among}`, times: first, aims: queryAims },
      );
    }
    return comparisons;
  },
};

const queryAims = [
  { ours: 'Syncharts', beside: 'TanStack DB live query', atMost: 1 },
  { ours: 'Syncharts', beside: 'filter and sort', atMost: null },
];

const [single, batched] = ['Syncharts', 'Syncharts, batches'];
const drainAims = [
  { ours: single, beside: 'fetch, 6 at a time', atMost: 1.2 },
  { ours: batched, beside: 'fetch, batches of 100', atMost: null },
  { ours: single, beside: 'TanStack offline-transactions', atMost: null },
  { ours: batched, beside: 'TanStack offline-transactions', atMost: 1 / 40 },
  { ours: single, beside: 'redux-offline', atMost: null },
  { ours: batched, beside: 'redux-offline', atMost: 1 / 40 },
];
