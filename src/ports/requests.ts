import type { Json, JsonObject } from '../../store/json.ts';

export type RestMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a person may write for a part of an address. */
export type UrlParameters = Readonly<Record<string, string | number | boolean>>;

/**
 * How one kind of request travels, where it differs from the usual. Each level fills in what the
 * next leaves open: all models (`rest({ requests })`), one model, one call.
 */
export interface RestRequest<Method extends RestMethod = RestMethod> {
  readonly method?: Method;
  /**
   * Under the base URL, or absolute (then of its origin, or of one in `origins`). `{id}` and any
   * field of the record stand for themselves, each in one segment; `{endpoint}` for the model's.
   */
  readonly url?: string;
  /** Those that the url names in braces go there, all others behind the `?`. */
  readonly urlParameters?: UrlParameters;
  /** Never credentials: these are kept with the request, and `rest({ auth, headers })` are not. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Makes the body of a create, an update or a delete of what would be sent, before it is wrapped;
   * once, when the request is sealed. `id`: the server's; null where the server is to make it. Must
   * be pure.
   */
  readonly requestTransformer?: (data: JsonObject, id: string | null) => object;
  /** The body is wrapped in an object under this key. */
  readonly topLevelKey?: string;
  /** Plain data that stands beside it, on the top level of the body. */
  readonly supplementalTopLevelData?: Readonly<Record<string, unknown>>;
  /** Where the answer's data stands; dots lead deeper: `result.todo`. */
  readonly responseDataKey?: string;
  /**
   * Makes a record (a page, for `list`) of the answer's data. `cursor`: that the page was asked from;
   * null from the start, and where no page was asked for. Must be pure.
   */
  readonly responseTransformer?: (data: Json, cursor: string | null) => unknown;
  /** ms until a request without a complete answer is given up. */
  readonly timeoutMillis?: number;
  /** Quick resends, with the same key, inside one attempt, while nothing better comes. At most 10. */
  readonly retryCount?: number;
}

/** Of one call alone: plain data, kept with the operation. */
export type CallRequest = Omit<RestRequest, 'requestTransformer' | 'responseTransformer'>;

/** The same for one list: a pull, or a page of it. */
export type CallListRequest = Omit<ListRequest, 'requestTransformer' | 'responseTransformer'>;

/** Names of the parts of a page of records, where they differ; dots lead deeper. */
export interface PageParts {
  readonly items?: string;
  readonly cursor?: string;
  readonly hasMore?: string;
  readonly deleted?: string;
  readonly versions?: string;
  readonly epoch?: string;
}

/**
 * Placeholders of a list: `{cursor}`, `{limit}`, `{offset}`, `{page}` (from 1) and the filter's
 * fields. Naming one takes the place of the usual `since` and `limit`.
 */
export interface ListRequest extends RestRequest<'GET' | 'POST'> {
  readonly parts?: PageParts;
  /** Records of a page, at most: where the server gives fewer than it is asked for. */
  readonly limit?: number;
}

/** How each kind of request travels. */
export interface RestRequests {
  readonly create?: RestRequest<'POST' | 'PUT' | 'PATCH'>;
  readonly update?: RestRequest<'PATCH' | 'PUT' | 'POST'>;
  readonly delete?: RestRequest<'DELETE' | 'POST' | 'PUT' | 'PATCH'>;
  /** One record by its id. */
  readonly read?: RestRequest<'GET' | 'POST'>;
  /** Pages of records. */
  readonly list?: ListRequest;
}

export type RestVerb = keyof RestRequests;
