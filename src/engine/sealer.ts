import type { Facts } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import { coalesce, type Intent, runLimits } from '../../store/seal.ts';
import type { EngineDraft, RowBuilder } from '../journal/journal.ts';
import type { Transport } from '../ports/transport.ts';
import { blockerOf } from './dependencies.ts';
import type { LaneIndex } from './laneIndex.ts';
import { operationsIn } from './laneReads.ts';
import type { EngineModel, EngineModels } from './models.ts';
import { toServerIds } from './references.ts';

export interface SealerOptions {
  readonly transport: Transport;
  readonly models: EngineModels;
  readonly index: LaneIndex;
  readonly now: () => number;
  readonly report: (error: unknown) => void;
}

type Sealing = SealedRequest & { readonly model: string; readonly recordId: string };

/** Makes requests of lanes: what leaves is written down first, and never changes again. */
export class Sealer {
  readonly #options: SealerOptions;
  /** Lanes that could not be sealed (the transport threw): left alone until they change. */
  readonly #unsealable = new Set<string>();

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  /** Lanes that changed may be tried anew. */
  touched(lanes: Iterable<string>): void {
    for (const lane of lanes) this.#unsealable.delete(lane);
  }

  /** Whether no request could be made of a lane, and it has not changed since. */
  isUnsealable(lane: string): boolean {
    return this.#unsealable.has(lane);
  }

  /** Whether anything waits to be sealed. */
  get hasWork(): boolean {
    const skip = (lane: string) => this.#unsealable.has(lane);
    return this.#options.index.nextToSeal(1, skip).length > 0;
  }

  /** The rows that seal up to `room` lanes: one row for all requests, one for each empty run. */
  rows(room: number): RowBuilder {
    return (facts, taken) => {
      const requests: Sealing[] = [];
      const cancelled: EngineDraft[] = [];
      const skip = (lane: string) => taken.has(lane) || this.#unsealable.has(lane);
      for (const key of this.#options.index.nextToSeal(room, skip)) {
        const sealed = this.#seal(facts, key);
        if (!sealed) continue;
        if ('key' in sealed) requests.push(sealed);
        else cancelled.push(sealed);
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
      this.#unsealable.add(key);
      return null;
    }
    const { model: name, recordId } = lane;
    const records = facts.models[name]?.records;
    const entry = records && getIn(records, recordId);
    const operations = operationsIn(facts, key, runLimits.operations);
    const intent = coalesce(operations, entry);
    if (!intent) return null;
    if (intent.kind === 'nothing') {
      const { operationIds } = intent;
      return { v: 1, type: 'cancelled', at: now(), model: name, recordId, operationIds };
    }
    const referencesOf = (other: string) => models.get(other)?.references ?? {};
    const blocker = blockerOf(facts, intent, operations, referencesOf);
    if (blocker) {
      index.block(key, blocker.lane);
      return null;
    }
    try {
      return { ...this.#request(facts, intent, model), model: name, recordId };
    } catch (error) {
      this.#unsealable.add(key);
      report(error);
      return null;
    }
  }

  #request(facts: Facts, intent: Intent, model: EngineModel): SealedRequest {
    const { references } = model;
    const sent: Intent = {
      ...intent,
      changes: toServerIds(facts, intent.changes, references),
      base: intent.base && toServerIds(facts, intent.base, references),
    };
    const wire = this.#options.transport.seal(sent, model);
    const { kind, operationIds, key } = intent;
    return { ...wire, kind, operationIds, key };
  }
}
