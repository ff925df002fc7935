import type { ExplainContext } from '../store/explanation.ts';
import { type Lane, laneKey } from '../store/facts.ts';
import { operationsIn } from '../store/operationsIn.ts';
import { runLimits } from '../store/seal.ts';
import { blockerOf, intentOf } from './engine/lanes/dependencies.ts';
import type { References } from './engine/records/references.ts';

export interface ExplainOptions {
  /** Undefined: this build has no such model. */
  readonly modelOf: (
    model: string,
  ) => { readonly endpoint: string; readonly references: References } | undefined;
  readonly originOf: (path: string) => string;
  readonly isUnsealable: (lane: string) => boolean;
}

/** What explanations need besides the facts: models, the way to the server, what the engine met. */
export function createExplainContext(options: ExplainOptions): ExplainContext {
  const { modelOf, originOf, isUnsealable } = options;
  const referencesOf = (model: string) => modelOf(model)?.references ?? {};
  const keyOf = ({ model, recordId }: Lane) => laneKey(model, recordId);
  return {
    hasModel: (model) => modelOf(model) !== undefined,
    originOf: (lane) => originOf(lane.sealed?.path ?? modelOf(lane.model)?.endpoint ?? ''),
    isUnsealable: (lane) => isUnsealable(keyOf(lane)),
    blockerOf: ({ shown }, lane) => {
      const operations = operationsIn(shown, keyOf(lane), runLimits.operations);
      const intent = intentOf(shown, operations, referencesOf);
      if (!intent || intent.kind === 'nothing') return null;
      return blockerOf(shown, intent, operations, referencesOf);
    },
  };
}
