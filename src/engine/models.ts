import type { ModelWire } from '../ports/transport.ts';

/** What the engine knows of a model. */
export interface EngineModel extends ModelWire {
  readonly onReject: 'keep' | 'rollback';
}

export type EngineModels = ReadonlyMap<string, EngineModel>;
