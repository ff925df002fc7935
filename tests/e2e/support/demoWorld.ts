import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type ReferenceServer, startReferenceServer } from '../../../demo/server/start.ts';
import { repositoryRoot } from '../../support/aliases.ts';
import { launchBrowser, type RunningBrowser } from '../../support/browser/launch.ts';
import { makeProfile, type Profile } from '../../support/browser/profile.ts';
import { runScript } from '../../support/browser/script.ts';
import { DemoDevice } from './demoDevice.ts';

/** Builds the demo page into a folder; worlds are opened below the same one. */
export async function buildDemo(folder: string): Promise<void> {
  const bundle = new URL('../../support/browser/bundle.ts', import.meta.url);
  const app = join(repositoryRoot, 'demo/app');
  await runScript(bundle, ['root', app, join(folder, 'page')], { NODE_ENV: 'production' });
}

/** A server and a browser of one test's own, with the page open and both devices in step. */
export class DemoWorld implements AsyncDisposable {
  /** What the page said to the console that it should not, network failures apart. */
  readonly complaints: string[] = [];
  readonly server: ReferenceServer;
  readonly #profile: Profile;
  #opened: { readonly browser: RunningBrowser; readonly page: Page } | null = null;

  private constructor(server: ReferenceServer, profile: Profile) {
    this.server = server;
    this.#profile = profile;
  }

  static async open(folder: string): Promise<DemoWorld> {
    const file = join(await mkdtemp(join(folder, 'data-')), 'demo.sqlite');
    const server = await startReferenceServer({
      file,
      pageDirectory: join(folder, 'page'),
      lines: { laptop: 0, phone: 0 },
    });
    const world = new DemoWorld(server, await makeProfile());
    await world.launch();
    await world.laptop.stands('Synced');
    await world.phone.stands('Synced');
    return world;
  }

  get page(): Page {
    if (!this.#opened) throw new Error('The browser is not open.');
    return this.#opened.page;
  }

  get laptop(): DemoDevice {
    return new DemoDevice(this.page, 'Laptop');
  }

  get phone(): DemoDevice {
    return new DemoDevice(this.page, 'Phone');
  }

  /** Opens the page, in a browser on the same profile as before. */
  async launch(): Promise<void> {
    const browser = await launchBrowser({ profile: this.#profile.path });
    const page = await browser.newPage('about:blank');
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      const isLog = message.type() === 'log';
      // The browser itself reports every request that fails; no page can prevent that.
      if (isLog || message.text().startsWith('Failed to load resource')) return;
      this.complaints.push(message.text());
    });
    this.#opened = { browser, page };
    await page.goto(this.server.pageUrl);
  }

  /** One more tab of the same page, in the same browser. */
  async tab(): Promise<{ readonly page: Page; readonly laptop: DemoDevice }> {
    if (!this.#opened) throw new Error('The browser is not open.');
    const page = await this.#opened.browser.newPage(this.server.pageUrl);
    return { page, laptop: new DemoDevice(page, 'Laptop') };
  }

  /** SIGKILL to every process of the browser at once: nobody is asked, nothing is written out. */
  async kill(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.browser.kill();
  }

  /** What the ledger says of itself. */
  async ledger(verdict: string): Promise<void> {
    const server = this.page.getByRole('region', { name: 'Server', exact: true });
    await server.getByText(verdict, { exact: true }).waitFor();
  }

  /** Turns the refusal of titles with "no" on or off, and waits until the server knows. */
  async refusing(to: boolean): Promise<void> {
    const told = this.page.waitForResponse('**/_control/trouble');
    await this.page.getByLabel('Refuse titles').setChecked(to);
    await told;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.server.close();
    await this.#profile[Symbol.asyncDispose]();
  }
}
