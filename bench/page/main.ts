import { createMany, pullMany } from './bulk.ts';
import { dispatch } from './dispatch.ts';
import { drain } from './drain.ts';
import { durableEdit } from './durableEdit.ts';
import { growth } from './growth.ts';
import { reopen } from './reopen.ts';
import { selectWhere } from './selectWhere.ts';

const bench = { dispatch, durableEdit, pullMany, reopen, drain, createMany, growth, selectWhere };

export type Bench = typeof bench;

declare global {
  /** What the driver calls in the page. */
  var syncBench: Bench;
}

globalThis.syncBench = bench;
