import { drain } from './drain.ts';
import { liveQuery } from './liveQuery.ts';

const bench = { drain, liveQuery };

declare global {
  /** What the driver calls in the page. */
  var peerBench: typeof bench;
}

globalThis.peerBench = bench;
