import { answerPlants } from './answerPlants.ts';
import { durabilityPlants } from './durabilityPlants.ts';
import type { Plant } from './plant.ts';
import { requestPlants } from './requestPlants.ts';
import { shelfPlants } from './shelfPlants.ts';
import { tabPlants } from './tabPlants.ts';
import { viewPlants } from './viewPlants.ts';
import { wirePlants } from './wirePlants.ts';

/** All planted bugs. */
export const plants: readonly Plant[] = [
  ...durabilityPlants,
  ...requestPlants,
  ...answerPlants,
  ...wirePlants,
  ...viewPlants,
  ...tabPlants,
  ...shelfPlants,
];
