import { createMany, pullMany } from './bulk.ts';
import { deepDrain } from './deepDrain.ts';
import { dispatch } from './dispatch.ts';
import { drain } from './drain.ts';
import { durableEdit } from './durableEdit.ts';
import { growth } from './growth.ts';
import { inspector } from './inspector.tsx';
import { openTab, shownInTab, writeInTab } from './otherTab.ts';
import { outbox } from './outbox.ts';
import { reopen } from './reopen.ts';
import { selectWhere } from './selectWhere.ts';
import { shelfPlaces, shelves } from './shelves.ts';

const bench = {
  ...{ dispatch, durableEdit, pullMany, reopen, drain, deepDrain, createMany, growth, outbox },
  ...{ selectWhere, shelves, shelfPlaces, inspector },
  ...{ openTab, shownInTab, writeInTab },
};

export type Bench = typeof bench;

declare global {
  /** What the driver calls in the page. */
  var syncBench: Bench;
}

globalThis.syncBench = bench;
