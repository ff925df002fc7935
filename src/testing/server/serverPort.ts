import { keyedUuid } from '../world/keyed.ts';

/** A request as it arrives, and an answer as it leaves. */
export interface WireRequest {
  readonly method: string;
  /** Below the base URL, with its query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WireAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A record as a server holds it. */
export type Row = Record<string, unknown>;

/** One effect, in the order they happened; never changed, never removed. */
export interface Effect {
  readonly n: number;
  readonly key: string | null;
  readonly method: string;
  readonly collection: string;
  readonly recordId: string;
  readonly body: string;
  readonly version: number;
}

/** One entry of the feed as it was made; the feed itself forgets what was overwritten. */
export interface Change {
  readonly change: number;
  readonly collection: string;
  readonly id: string;
  /** Null: deleted. */
  readonly record: Readonly<Row> | null;
  readonly version: number;
}

/**
 * A server as a simulation meets it: requests come through the simulated net, and what it has done
 * lies open to the invariants. The simulated server answers at once; a real one takes real time,
 * during which the world stands still.
 */
export interface ServerPort {
  /** Answers a request. A rejection is a mistake of the set-up, not a fault: the run ends. */
  handle(request: WireRequest): WireAnswer | Promise<WireAnswer>;
  /** Every effect up to the last answer, oldest first. */
  readonly ledger: readonly Effect[];
  /** Every change up to the last answer, in order. */
  readonly changes: readonly Change[];
  /** The change that a cursor of this server stands behind; 0 for none. */
  changeAt(cursor: string | null): number;
  /** Live records of a collection by server id, as of the last answer. */
  rows(collection: string): ReadonlyMap<string, { readonly record: Row; readonly version: string }>;
  /** Cursors given before are worth nothing from here on; the records are the same. */
  expireCursors?(): void;
  /**
   * The data is of another life from here on: the record that was changed longest ago is lost, without
   * a tombstone; cursors lead on, as if nothing had happened.
   */
  beginEpoch?(): void;
  /** The run is over. */
  close?(): Promise<void>;
}

/** What a run asks of its server. */
export interface ServerNeeds {
  /** Of the run, so that what the server draws is drawn from it. */
  readonly seed: number;
  /** Collections whose ids the server gives; all others take the client's. */
  readonly serverIds: readonly string[];
  /** Todos that are there before anybody comes. */
  readonly seeded?: readonly (Row & { readonly id: string })[];
  /** Records that it gives in one page, whatever is asked for. */
  readonly page?: number;
  /** It remembers no keys and names no operations. */
  readonly keyless?: boolean;
  /** How it tells versions. Default: by `ETag`. */
  readonly versioning?: 'field' | 'none';
  /** It refuses changes that name no version. */
  readonly demandsVersions?: boolean;
  /** Its lists are bare arrays of all that is there. */
  readonly plainLists?: boolean;
}

/** The ids that a server gives in a run, in order: uuids, and the same ones again in every run of the seed. */
export function idsOf(seed: number): () => string {
  let ids = 0;
  return () => keyedUuid(seed, `server/${++ids}`);
}

/** Opens a server without a past, for one run. */
export type ServerFactory = (needs: ServerNeeds) => ServerPort | Promise<ServerPort>;
