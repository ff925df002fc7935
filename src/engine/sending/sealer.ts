import type { Facts } from '../../../store/facts.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import { getIn } from '../../../store/pages.ts';
import type { SealedRequest } from '../../../store/rows/row.ts';
import { type Intent, runLimits } from '../../../store/seal.ts';
import type { EngineDraft, RowBuilder } from '../../journal/engineQueue.ts';
import type { Transport } from '../../ports/transport.ts';
import { blockerOf, intentOf } from '../lanes/dependencies.ts';
import type { LaneIndex } from '../lanes/laneIndex.ts';
import { missingOf, versionOf } from '../lanes/missing.ts';
import type { VersionReads } from '../pulls/versionReads.ts';
import type { EngineModel, EngineModels } from '../records/models.ts';
import { entryOf } from '../records/recordReads.ts';
import { toServerIds } from '../records/references.ts';

export interface SealerOptions {
  readonly transport: Transport;
  readonly models: EngineModels;
  readonly index: LaneIndex;
  readonly now: () => number;
  readonly report: (error: unknown) => void;
  /** A lane of a lost database, of whose record the server has not told yet. */
  readonly awaitsBase: (lane: string) => void;
  /** Versions that nobody told, and that are read before a change leaves. */
  readonly versions: Pick<VersionReads, 'wants' | 'add'>;
}

type Sealing = SealedRequest & { readonly model: string; readonly recordId: string };

/** Lanes looked at for one row: 5 ms where all of them wait for others. */
const lookedAt = 400;

/** Makes requests of lanes: what leaves is written down first, and never changes again. */
export class Sealer {
  readonly #options: SealerOptions;

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  /** Whether anything waits to be sealed that `skip` doesn't hold. */
  hasWork(skip: (lane: string) => boolean): boolean {
    return this.#options.index.nextToSeal(1, skip).length > 0;
  }

  /** The rows that seal up to `room` lanes: one row for all requests, one for each empty run. */
  rows(room: number): RowBuilder {
    return (facts, taken) => {
      const requests: Sealing[] = [];
      const cancelled: EngineDraft[] = [];
      const seen = new Set<string>();
      const skip = (lane: string) => taken.has(lane) || seen.has(lane);
      // Those that turn out to wait for others leave the index: the next take their place.
      while (requests.length < room && seen.size < lookedAt) {
        const keys = this.#options.index.nextToSeal(room - requests.length, skip);
        if (keys.length === 0) break;
        for (const key of keys) {
          seen.add(key);
          const sealed = this.#seal(facts, key);
          if (!sealed) continue;
          if ('key' in sealed) requests.push(sealed);
          else cancelled.push(sealed);
        }
      }
      const at = this.#options.now();
      const sealed: EngineDraft[] =
        requests.length > 0 ? [{ v: 1, type: 'sealed', at, requests }] : [];
      return [...sealed, ...cancelled];
    };
  }

  /** Null if the lane can't be sealed now. */
  #seal(facts: Facts, key: string): Sealing | EngineDraft | null {
    const { models, index, now, report } = this.#options;
    const lane = getIn(facts.lanes, key);
    const model = lane && models.get(lane.model);
    if (!model) {
      index.setAside(key);
      return null;
    }
    const { model: name, recordId } = lane;
    const operations = operationsIn(facts, key, runLimits.operations);
    const referencesOf = (other: string) => models.get(other)?.references ?? {};
    const intent = intentOf(facts, operations, referencesOf);
    if (!intent) return null;
    const missing = missingOf(intent, lane, entryOf(facts, name, recordId));
    if (missing === 'base') {
      index.setAside(key);
      this.#options.awaitsBase(key);
      return null;
    }
    if (intent.kind === 'nothing') {
      const { operationIds } = intent;
      return { v: 1, type: 'cancelled', at: now(), model: name, recordId, operationIds };
    }
    const blocker = blockerOf(facts, intent, operations, referencesOf);
    if (blocker) {
      index.block(facts, key, blocker.lane);
      return null;
    }
    const { versions } = this.#options;
    if (missing === 'version' && this.#hasVersions(model) && versions.wants(name, recordId)) {
      index.setAside(key);
      versions.add(name, recordId);
      return null;
    }
    try {
      return {
        ...this.#request(facts, { ...intent, version: versionOf(intent, lane) }, model),
        ...{ model: name, recordId },
      };
    } catch (error) {
      // The transport threw: it is left alone until it changes.
      index.setAside(key);
      report(error);
      return null;
    }
  }

  #hasVersions(model: EngineModel): boolean {
    return this.#options.transport.abilities?.(model).versions ?? false;
  }

  #request(facts: Facts, intent: Intent, model: EngineModel): SealedRequest {
    const { references } = model;
    const sent: Intent = {
      ...intent,
      changes: toServerIds(facts, intent.changes, references),
      base: intent.base && toServerIds(facts, intent.base, references),
    };
    const { numericIds = false } = facts.models[model.name] ?? {};
    const wire = this.#options.transport.seal(sent, numericIds ? { ...model, numericIds } : model);
    const { kind, operationIds, key } = intent;
    return { ...wire, kind, operationIds, key };
  }
}
