import { others } from './scenarios/others.ts';
import { ownWrites } from './scenarios/ownWrites.ts';
import { type Scenario, variantsOf } from './scenarios/row.ts';
import { storage } from './scenarios/storage.ts';

/** Every scenario of the exhaustive mode. */
export const scenarios: readonly Scenario[] = [...ownWrites, ...others, ...storage].flatMap(
  variantsOf,
);
