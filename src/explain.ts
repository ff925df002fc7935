import type { ExplainContext } from '../store/explanation.ts';
import { type Facts, type Lane, laneKey } from '../store/facts.ts';
import { operationsIn } from '../store/operationsIn.ts';
import { runLimits } from '../store/seal.ts';
import { blockerOf, intentOf } from './engine/lanes/dependencies.ts';
import { missingOf } from './engine/lanes/missing.ts';
import { entryOf } from './engine/records/recordReads.ts';
import type { References } from './engine/records/references.ts';

export interface ExplainOptions {
  /** Undefined: this build has no such model. */
  readonly modelOf: (
    model: string,
  ) => { readonly endpoint: string; readonly references: References } | undefined;
  readonly originOf: (path: string) => string;
  readonly isUnsealable: (lane: string) => boolean;
  /** Whether the server refuses changes that were made on an old version. */
  readonly hasVersions: (model: string) => boolean;
}

/** What explanations need besides the facts: models, the way to the server, what the engine met. */
export function createExplainContext(options: ExplainOptions): ExplainContext {
  const { modelOf, originOf, isUnsealable, hasVersions } = options;
  const referencesOf = (model: string) => modelOf(model)?.references ?? {};
  const keyOf = ({ model, recordId }: Lane) => laneKey(model, recordId);
  const leading = (facts: Facts, lane: Lane) => {
    const operations = operationsIn(facts, keyOf(lane), runLimits.operations);
    return { operations, intent: intentOf(facts, operations, referencesOf) };
  };
  return {
    hasModel: (model) => modelOf(model) !== undefined,
    originOf: (lane) => originOf(lane.sealed?.path ?? modelOf(lane.model)?.endpoint ?? ''),
    isUnsealable: (lane) => isUnsealable(keyOf(lane)),
    blockerOf: ({ shown }, lane) => {
      const { operations, intent } = leading(shown, lane);
      if (!intent || intent.kind === 'nothing') return null;
      return blockerOf(shown, intent, operations, referencesOf);
    },
    awaitsRead: ({ shown }, lane) => {
      const { intent } = leading(shown, lane);
      const entry = entryOf(shown, lane.model, lane.recordId);
      const missing = intent && missingOf(intent, lane, entry);
      return missing === 'base' || (missing === 'version' && hasVersions(lane.model));
    },
  };
}
