import { createMany, pullMany } from './bulk.ts';
import { dispatch } from './dispatch.ts';
import { drain } from './drain.ts';
import { durableEdit } from './durableEdit.ts';
import { growth } from './growth.ts';
import { reopen } from './reopen.ts';

const bench = { dispatch, durableEdit, pullMany, reopen, drain, createMany, growth };

export type Bench = typeof bench;

declare global {
  /** What the driver calls in the page. */
  var syncBench: Bench;
}

globalThis.syncBench = bench;
