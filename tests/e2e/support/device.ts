import { fileURLToPath } from 'node:url';
import type { CDPSession, Page } from 'playwright-core';
import { launchBrowser, type RunningBrowser } from '../../support/browser/launch.ts';
import { makeProfile, type Profile } from '../../support/browser/profile.ts';
import { type ServedPage, servePage } from '../../support/browser/serve.ts';
import type {} from '../pages/app.ts';
import { type PageQuery, writeQuery } from '../pages/query.ts';
import type { Acknowledgement } from '../pages/writes.ts';
import { Acknowledged } from './acknowledged.ts';
import { deleteDatabases, tearDatabase } from './tear.ts';

/** Bundles and serves the test app; its origin stays the same until it is closed. */
export function serveApp(): Promise<ServedPage> {
  return servePage({ entry: fileURLToPath(new URL('../pages/app.ts', import.meta.url)) });
}

/** Bytes: the end of the last record of the log. */
const shallow = 3;

/**
 * Somebody's browser: one profile on disk, opened, killed and opened again. It keeps what the page
 * was told is saved, and every error that the page did not catch.
 */
export class Device implements AsyncDisposable {
  readonly acknowledged = new Acknowledged();
  /** Records of which the page was about to dispatch the removal. */
  readonly removals = new Set<string>();
  readonly pageErrors: string[] = [];
  readonly #profile: Profile;
  readonly #origin: string;
  readonly #query: Partial<PageQuery>;
  #browser: RunningBrowser | null = null;
  /** Ends with its browser; the limit that it set holds as long. */
  #session: CDPSession | null = null;

  private constructor(profile: Profile, origin: string, query: Partial<PageQuery>) {
    this.#profile = profile;
    this.#origin = origin;
    this.#query = query;
  }

  /** @param profile a temporary one, if none is given */
  static async make(
    page: ServedPage,
    query: Partial<PageQuery>,
    profile?: Profile,
  ): Promise<Device> {
    return new Device(profile ?? (await makeProfile()), page.origin, query);
  }

  get origin(): string {
    return this.#origin;
  }

  /**
   * Opens the app in a new tab, of a new browser if none runs.
   * `hydrated: false` does not wait for its records.
   */
  async open(
    query: Partial<PageQuery> = {},
    { hydrated = true }: { readonly hydrated?: boolean } = {},
  ): Promise<Page> {
    const { context } = await this.#running();
    const tab = await context.newPage();
    tab.on('pageerror', (error) => this.pageErrors.push(String(error.stack ?? error)));
    await tab.goto(`${this.#origin}/${writeQuery({ ...this.#query, ...query })}`);
    if (hydrated) await tab.evaluate(() => app.hydrated());
    return tab;
  }

  /**
   * Limits what the origin may store; undefined: as the browser has it. Chromium remembers for half
   * a minute how much room there was, so a limit must be set before the database is first opened.
   */
  async quota(quotaSize?: number): Promise<void> {
    const { context } = await this.#running();
    this.#session ??= await context.newCDPSession(await context.newPage());
    const size = quotaSize === undefined ? {} : { quotaSize };
    await this.#session.send('Storage.overrideQuotaForOrigin', { origin: this.#origin, ...size });
  }

  /** SIGKILL to every process of the browser at once. */
  async kill(): Promise<void> {
    const browser = this.#browser;
    this.#browser = null;
    this.#session = null;
    await browser?.kill();
  }

  /** The last writes of its dead browser are cut off, so many bytes: see `tearDatabase`. */
  async tear(cut = shallow): Promise<void> {
    if (this.#browser) throw new Error('the browser runs');
    await tearDatabase(this.#profile.path, cut);
  }

  /** The databases of its dead browser are gone. */
  async wipe(): Promise<void> {
    if (this.#browser) throw new Error('the browser runs');
    await deleteDatabases(this.#profile.path);
  }

  /** As people close it: localStorage, which is written late, is on disk afterwards. */
  async close(): Promise<void> {
    const browser = this.#browser;
    this.#browser = null;
    this.#session = null;
    await browser?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#profile[Symbol.asyncDispose]();
  }

  async #running(): Promise<RunningBrowser> {
    if (this.#browser) return this.#browser;
    const browser = await launchBrowser({ profile: this.#profile.path });
    this.#browser = browser;
    await browser.context.exposeBinding(
      'acknowledged',
      (_source, batch: readonly Acknowledgement[]) => this.acknowledged.add(batch),
    );
    await browser.context.exposeBinding('removing', (_source, ids: readonly string[]) => {
      for (const id of ids) this.removals.add(id);
    });
    return browser;
  }
}
