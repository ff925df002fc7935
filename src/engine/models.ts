import type { ModelWire } from '../ports/transport.ts';
import type { PullSettings } from '../pullOptions.ts';

/** What the engine knows of a model. */
export interface EngineModel extends ModelWire, PullSettings {
  readonly onReject: 'keep' | 'rollback';
}

export type EngineModels = ReadonlyMap<string, EngineModel>;
