import type { Failure } from '../../machines/failure.ts';
import type { JsonObject } from '../../store/json.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import type { Intent } from '../../store/seal.ts';
import type { Env } from './env.ts';

/** What a request will say on the wire; with it the intent's key and operations are sealed. */
export type WireRequest = Omit<SealedRequest, 'key' | 'operationIds' | 'kind'>;

/** What a transport knows of a model. */
export interface ModelWire {
  readonly name: string;
  readonly endpoint: string;
  readonly ids: 'client' | 'server';
  /** `meaningful`: a null stands for itself, so whole records travel instead of merge patches. */
  readonly nulls: 'delete' | 'meaningful';
}

/** The record as the server has it; `record: null` means that it has none (any more). */
export interface RemoteRecord {
  readonly record: JsonObject | null;
  readonly version: string | null;
  /** Which operation wrote it last, where the server tells. */
  readonly lastOperationId: string | null;
}

/** What an answer means. A throw means that there was none: the wire failed. */
export type Answer =
  /** `remote: null`: it said yes and no more (204). */
  | {
      readonly kind: 'committed';
      readonly remote: RemoteRecord | null;
      readonly version: string | null;
    }
  /** `remote: null`: the answer did not say what stands there. */
  | { readonly kind: 'conflict'; readonly remote: RemoteRecord | null }
  | { readonly kind: 'rejected'; readonly failure: Failure }
  | { readonly kind: 'retryLater'; readonly failure: Failure };

export interface PulledRecord {
  readonly id: string;
  readonly record: JsonObject;
  readonly version: string | null;
}

export type PullAnswer =
  | {
      readonly kind: 'page';
      readonly items: readonly PulledRecord[];
      /** Server ids. */
      readonly deleted: readonly string[];
      readonly cursor: string | null;
      readonly hasMore: boolean;
    }
  /** The cursor is too old or of another epoch: from the start. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface PullRequest {
  readonly model: ModelWire;
  /** Null: from the start. */
  readonly cursor: string | null;
  readonly limit: number;
}

/**
 * The way to a server. `seal` is pure; the others throw when no answer came, and nothing else.
 * `signal` ends them early.
 */
export interface Transport {
  seal(intent: Intent, model: ModelWire): WireRequest;
  push(request: SealedRequest, model: ModelWire, signal: AbortSignal): Promise<Answer>;
  pull(request: PullRequest, signal: AbortSignal): Promise<PullAnswer>;
  /** The record as it stands; null if the answer can't be read as one. */
  read(model: ModelWire, serverId: string, signal: AbortSignal): Promise<RemoteRecord | null>;
  /** One cheap request: resolves if the server answers at all. */
  probe(models: readonly ModelWire[], signal: AbortSignal): Promise<void>;
}

/** Made by `rest(…)` and its like; `createSync` gives it the way out. */
export type TransportFactory = (env: Env) => Transport;
