import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runScript } from './script.ts';
import { serveFolder } from './staticServer.ts';

/** Which page to serve; the paths are absolute, or relative to the working directory. */
type PageSource =
  /** A TypeScript file that becomes the only script of an empty page with a `#root`. */
  | { readonly entry: string }
  /** A folder with an index.html. */
  | { readonly root: string };

export type ServeOptions = PageSource & {
  /** Give it to keep the origin over restarts; by default a free one is taken. */
  readonly port?: number;
};

export interface ServedPage extends AsyncDisposable {
  /** `http://localhost:<port>/`; localhost, because locks and service workers need a secure origin. */
  readonly url: string;
  /** The origin alone, without the slash. */
  readonly origin: string;
  /** Stops the server and removes the bundle. */
  close(): Promise<void>;
}

/**
 * Bundles a page for production, with the package's entries resolved to their sources, and serves
 * it. No COOP and COEP headers: apps do not have them by default either.
 */
export async function servePage(options: ServeOptions): Promise<ServedPage> {
  const folder = await mkdtemp(join(tmpdir(), 'syncharts-page-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const source =
      'entry' in options ? ['entry', resolve(options.entry)] : ['root', resolve(options.root)];
    await runScript(new URL('./bundle.ts', import.meta.url), [...source, folder], {
      NODE_ENV: 'production',
    });
    const server = await serveFolder(folder, options.port ?? 0);
    const close = async () => {
      await server.close();
      await remove();
    };
    const origin = `http://localhost:${server.port}`;
    return { url: `${origin}/`, origin, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await remove();
    throw error;
  }
}
