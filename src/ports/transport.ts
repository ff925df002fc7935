import type { Failure } from '../../machines/failure.ts';
import type { Json, JsonObject } from '../../store/json.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import type { Intent } from '../../store/seal.ts';
import type { Env } from './env.ts';
import type { ListRequest, RestRequest, RestRequests } from './requests.ts';

/** What a request will say on the wire; with it the intent's key and operations are sealed. */
export type WireRequest = Omit<SealedRequest, 'key' | 'operationIds' | 'kind'>;

/** What a transport knows of a model. */
export interface ModelWire {
  readonly name: string;
  readonly endpoint: string;
  readonly ids: 'client' | 'server';
  /** `meaningful`: a null stands for itself, so whole records travel instead of merge patches. */
  readonly nulls: 'delete' | 'meaningful';
  /** The field that holds a record's version, for servers that version by field. */
  readonly versionField: string | null;
  /** Whether the server has written ids of this model as numbers; to a transport they are text. */
  readonly numericIds?: boolean;
  /** How its requests travel, where they differ from the transport's usual way. */
  readonly requests?: RestRequests;
  /** What its lists are asked for with at present. */
  readonly filter?: Readonly<Record<string, Json>>;
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
  /** `remote: null`: it said yes and no more (204); `vague`: in words that are no record, maybe an error. */
  | {
      readonly kind: 'committed';
      readonly remote: RemoteRecord | null;
      readonly version: string | null;
      readonly vague?: true;
      /** The id under which a record was made that is not there any more. */
      readonly madeAs?: string;
    }
  /** The server works on it; the same request later tells. Spends no attempt. */
  | UnderWay
  /** `remote: null`: the answer did not say what stands there. */
  | Contested
  /** No such record; `certain: false`: or no such address (404), which one more look tells. */
  | { readonly kind: 'gone'; readonly certain: boolean; readonly failure: Failure }
  /** `concluded`: by the kit itself, of other words of the server's: it says nothing about the others. */
  | { readonly kind: 'rejected'; readonly failure: Failure; readonly concluded?: true }
  | { readonly kind: 'retryLater'; readonly failure: Failure }
  /** It said yes to a create, and not which record it made: sent again without a key it may make another. */
  | { readonly kind: 'unclear'; readonly failure: Failure }
  | Held;

/** Others have changed the record, or made it first; or a rule of the server's stands against it. */
export interface Contested {
  readonly kind: 'conflict';
  readonly remote: RemoteRecord | null;
  /** What the server says of it, where it does: the reason, if it turns out that nobody has. */
  readonly failure?: Failure;
}

/** 202, or a key that is in progress. */
export interface UnderWay {
  readonly kind: 'underWay';
  /** ms, where the server said. */
  readonly retryIn: number | null;
  readonly failure: Failure;
}

/**
 * It is not about this request: nothing more goes to this origin until what is named is over.
 * `pause`: the server asked for time. `auth`: the credentials are not accepted. `deployment`: what
 * answers there can not be the server that is meant. Spends no attempt.
 */
export interface Held {
  readonly kind: 'held';
  readonly by: 'pause' | 'auth' | 'deployment';
  /** ms, where the server said (clamped to 0 … 24 h). */
  readonly retryIn: number | null;
  readonly failure: Failure;
  /** Whose word it is, where that may be another origin than the request's: of a read behind it. */
  readonly origin?: string;
}

/** What came of a request that carried several operations; matched by key, never by place. */
export type BatchAnswer =
  | {
      readonly kind: 'answers';
      /** `notAttempted`: the server did not come to it. A key that is missing: nobody knows. */
      readonly answers: ReadonlyMap<string, Answer | 'notAttempted'>;
    }
  /** More than the server takes at once: the same in smaller parts. */
  | { readonly kind: 'tooLarge' }
  /** The whole request failed in one way. */
  | { readonly kind: 'failed'; readonly answer: Extract<Answer, { kind: 'retryLater' | 'held' }> };

export interface PulledRecord {
  readonly id: string;
  readonly record: JsonObject;
  readonly version: string | null;
  readonly lastOperationId?: string | null;
}

export interface PulledTombstone {
  /** Server id. */
  readonly id: string;
  readonly version?: string | null;
}

export type PullAnswer =
  | {
      readonly kind: 'page';
      readonly items: readonly PulledRecord[];
      readonly deleted: readonly PulledTombstone[];
      readonly cursor: string | null;
      readonly hasMore: boolean;
      /** The life of the server's data; another one than before: it was reset. */
      readonly epoch?: string | null;
      /** Records of the whole list, where the server tells. */
      readonly total?: number | null;
    }
  /** The cursor is too old or of another epoch: from the start. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | Held;

export interface PullRequest {
  readonly model: ModelWire;
  /** Null: from the start. */
  readonly cursor: string | null;
  readonly limit: number;
  /** Items to pass over behind the cursor (the start): those that this pull has had from there. */
  readonly offset: number;
  /** Sent as parameters. */
  readonly filter: Readonly<Record<string, Json>>;
  /** How this one call travels, where it differs. */
  readonly request?: ListRequest;
}

/** What the server behind a transport was said to be able to do, for one model. */
export interface Abilities {
  /** It applies an operation of a key once. */
  readonly keys: boolean;
  /** It refuses a change that was made on an old version. */
  readonly versions: boolean;
  /** Whether a delete carries one, too; missing: it does. */
  readonly versionedDeletes?: boolean;
  /** It takes changed fields alone. */
  readonly patches: boolean;
  readonly batch: boolean;
  /** It tells what changed since a cursor, and what was deleted. */
  readonly cursor: boolean;
}

/** A request with the model that it is about. */
export interface Addressed {
  readonly request: SealedRequest;
  readonly model: ModelWire;
}

/**
 * The way to a server. `seal`, `originOf` and `originOfReads` are pure; the others throw when no answer came, and
 * nothing else. `signal` ends them early.
 */
export interface Transport {
  seal(intent: Intent, model: ModelWire): WireRequest;
  /** Names the origin that a path leads to: what is held is held for all of it. One, if missing. */
  readonly originOf?: (path: string) => string;
  /** Names the origin that pages, or single records, are asked of. The endpoint's, if missing. */
  readonly originOfReads?: (
    model: ModelWire,
    verb: 'read' | 'list',
    request?: RestRequest | ListRequest,
  ) => string;
  push(request: SealedRequest, model: ModelWire, signal: AbortSignal): Promise<Answer>;
  /** Several at once, where the server can: at most `batchLimit`, of different records. */
  readonly pushMany?: (requests: readonly Addressed[], signal: AbortSignal) => Promise<BatchAnswer>;
  /** Operations in one request of `pushMany`, at most. Default 100. */
  readonly batchLimit?: number;
  pull(request: PullRequest, signal: AbortSignal): Promise<PullAnswer>;
  /** The record as it stands; null if the answer can't be read as one. A pause or a 401 is for all. */
  read(
    model: ModelWire,
    serverId: string,
    signal: AbortSignal,
    request?: RestRequest,
  ): Promise<RemoteRecord | Held | null>;
  /**
   * Whether the collection itself answers as one: a 404 of a record then is about the record. If
   * missing, every answer is taken to be about its record.
   */
  readonly check?: (model: ModelWire, signal: AbortSignal) => Promise<boolean | Held>;
  /**
   * One cheap request: resolves if the server answers at all (not a portal in front of it), with what
   * that answer says to everybody.
   */
  probe(models: readonly ModelWire[], signal: AbortSignal): Promise<Held | undefined>;
  /** What its server can; what is not said is not taken for granted. */
  readonly abilities?: (model: ModelWire) => Abilities;
  /** How far the server's clock is ahead of this device's (ms), as last measured. */
  readonly clockOffset?: () => number | null;
  /** Asks for new credentials: false where there are none to be had. Throws if nobody answered. */
  readonly refresh?: () => Promise<boolean>;
}

/** Made by `rest(…)` and its like; `createSync` gives it the way out. */
export interface TransportFactory {
  (env: Env): Transport;
  /**
   * Refuses a model whose requests it can't make.
   * @throws SyncError `badConfig`, with the path of the option under the model's
   */
  readonly checkModel?: (model: ModelWire) => void;
  /**
   * A call's own request as plain data, to keep with its operation or to read with.
   * @throws SyncError `badData`, with the path of what it can't make
   */
  readonly checkCall?: (
    model: ModelWire,
    verb: Intent['kind'] | 'read' | 'list',
    request: unknown,
  ) => JsonObject;
}
