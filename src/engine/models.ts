import type { ModelWire } from '../ports/transport.ts';
import type { References } from './references.ts';

/** What the engine knows of a model. */
export interface EngineModel extends ModelWire {
  readonly onReject: 'keep' | 'rollback';
  readonly references: References;
}

export type EngineModels = ReadonlyMap<string, EngineModel>;
