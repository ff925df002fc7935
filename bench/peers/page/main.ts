import { drain } from './drain.ts';

const bench = { drain };

declare global {
  /** What the driver calls in the page. */
  var peerBench: typeof bench;
}

globalThis.peerBench = bench;
