import { serveStatic } from '@hono/node-server/serve-static';
import { createApi } from './api.ts';
import { type CollectionConfig, defaultCollections } from './collections.ts';
import { createControl } from './control.ts';
import { openDatabase, type ReferenceDatabase, type Synchronous } from './database.ts';
import { type Line, openLine } from './line.ts';
import { type Listening, listen } from './listen.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { createTrouble, type Trouble } from './trouble.ts';

export interface ReferenceServerOptions {
  /** The database's file; made if it is not there. */
  readonly file: string;
  /** Default `full`. */
  readonly synchronous?: Synchronous;
  /** 0, the default, takes any free port. */
  readonly apiPort?: number;
  readonly pagePort?: number;
  /** Further ways to the API, one for each device: name to port. Each can be cut by itself. */
  readonly lines?: Readonly<Record<string, number>>;
  /** Served as it is on the page's port. */
  readonly pageDirectory?: string;
  readonly collections?: readonly CollectionConfig[];
  /** Makes the uuids that the server gives; random ones unless told otherwise. */
  readonly newId?: () => string;
}

export interface ReferenceServer {
  readonly apiUrl: string;
  readonly pageUrl: string;
  readonly lines: ReadonlyMap<string, Line>;
  readonly trouble: Trouble;
  readonly tokens: Tokens;
  readonly database: ReferenceDatabase;
  /** Ends every connection, then the database. */
  close(): Promise<void>;
}

/** Starts both ports over one database: the API, which trouble can hit, and the page, which it cannot. */
export async function startReferenceServer({
  file,
  synchronous,
  apiPort = 0,
  pagePort = 0,
  lines: linePorts = {},
  pageDirectory,
  collections = defaultCollections,
  newId,
}: ReferenceServerOptions): Promise<ReferenceServer> {
  const closing = new AbortController();
  const trouble = createTrouble();
  const tokens = createTokens();
  const database = openDatabase(file, newId, synchronous);
  const open: Pick<Listening, 'close'>[] = [];
  const lines = new Map<string, Line>();

  async function close(): Promise<void> {
    closing.abort();
    await Promise.all(open.map((each) => each.close()));
    database.close();
  }

  try {
    const api = await listen({
      app: createApi({ database, collections, trouble, tokens, closing: closing.signal }),
      port: apiPort,
      accepts: () => !trouble.knobs.cut,
    });
    open.push(api);
    trouble.onCut(api.hangUpAll);
    for (const [name, port] of Object.entries(linePorts)) {
      const line = await openLine({ port, to: api.url });
      open.push(line);
      lines.set(name, line);
    }
    const page = createControl({ database, collections, trouble, tokens, lines, apiUrl: api.url });
    if (pageDirectory !== undefined) page.use(serveStatic({ root: pageDirectory }));
    const pageListening = await listen({ app: page, port: pagePort });
    open.push(pageListening);
    const [apiUrl, pageUrl] = [api.url, pageListening.url];
    return { apiUrl, pageUrl, lines, trouble, tokens, database, close };
  } catch (error) {
    await close();
    throw error;
  }
}
