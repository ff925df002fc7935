import type { ConflictRule } from '../../policies/policy.ts';
import type { ModelWire } from '../../ports/transport.ts';
import type { PullSettings } from '../../pullOptions.ts';
import type { References } from './references.ts';

/** What the engine knows of a model. */
export interface EngineModel extends Omit<ModelWire, 'filter'>, PullSettings {
  readonly onReject: 'keep' | 'rollback';
  readonly references: References;
  readonly rule: ConflictRule;
}

export type EngineModels = ReadonlyMap<string, EngineModel>;
