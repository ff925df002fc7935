import type { RestRequests } from '../ports/requests.ts';

type Headers = Readonly<Record<string, string>>;
/** Plain headers, or a function that is asked whenever a request leaves. */
export type HeaderSource = Headers | (() => Headers | Promise<Headers>);

export interface Auth {
  /**
   * Asked whenever a request leaves; kept nowhere. An empty text or null: nobody is signed in, so
   * nothing is sent and everything waits for `sync.resume()`. A throw: nobody could be asked, as
   * without a network.
   */
  readonly token: () => string | null | Promise<string | null>;
  /**
   * Asked once for all that wait, when the server refuses the token. True (or the new token): there
   * is another one; false: a person must sign in. A throw: ask again later.
   */
  readonly refresh?: () => Promise<boolean | string>;
  /** Default `authorization`, with `Bearer ` before the token; under other names it stands alone. */
  readonly header?: string;
}

export interface RestOptions {
  /** Where the endpoints stand under; `https`, or `http` on a local host. */
  readonly baseUrl: string;
  /** Other origins that a url of `requests` may lead to; credentials go there, too. */
  readonly origins?: readonly string[];
  readonly auth?: Auth;
  /** Sent with every request; a function is asked at send time, nothing is kept. */
  readonly headers?: HeaderSource;
  /** `include` sends cookies across origins. Default `same-origin`. */
  readonly credentials?: RequestCredentials;
  /** ms until a request without a complete answer is given up (30 s). */
  readonly timeout?: number;
  /** ms that an answer may make no progress once it has begun (15 s). */
  readonly idleTimeout?: number;
  /** Several operations in one request, where the server can. Default false. */
  readonly batch?: { readonly url?: string; readonly limit?: number } | false;
  /** Name of the header with an operation's key; false: the server knows none. */
  readonly idempotencyHeader?: string | false;
  /**
   * How a record's version is told: by `ETag` and `If-Match` (`etag`, the default), by the field
   * that the model's `version` names (`field`), or not at all (`none`).
   */
  readonly versioning?: 'etag' | 'field' | 'none';
  /** With `versioning: 'field'`: whether the version goes in `If-Match`, too. Default false. */
  readonly ifMatch?: boolean;
  /** What is asked to see whether the server is there. Default: one record of the first model. */
  readonly probe?: string;
  /** How requests travel, for all models. */
  readonly requests?: RestRequests;
  readonly limits?: {
    /** Characters of an answer, at most (16 million). */
    readonly answer?: number;
  };
}
