/** Servers for the examples' tests that come without types; what these tests use of them. */
declare module 'json-server' {
  import type { RequestListener } from 'node:http';

  interface Router<Data> extends RequestListener {
    readonly db: { getState(): Data };
  }
  interface App extends RequestListener {
    use(handler: RequestListener | readonly RequestListener[]): void;
  }
  const jsonServer: {
    create(): App;
    router<Data extends object>(data: Data): Router<Data>;
    readonly bodyParser: readonly RequestListener[];
    defaults(options: { logger: boolean }): readonly RequestListener[];
  };
  export = jsonServer;
}

declare module 'pouchdb-core' {
  interface PouchDB {
    plugin(adapter: unknown): PouchDB;
    defaults(options: { adapter: string }): PouchDB;
  }
  const pouchDb: PouchDB;
  export = pouchDb;
}

declare module 'pouchdb-adapter-memory' {
  const adapter: unknown;
  export = adapter;
}

declare module 'express-pouchdb' {
  import type { RequestListener } from 'node:http';
  import type PouchDB from 'pouchdb-core';

  function expressPouchDb(
    pouchDb: typeof PouchDB,
    options: { mode: string; inMemoryConfig: boolean; logPath: string },
  ): RequestListener;
  export = expressPouchDb;
}
