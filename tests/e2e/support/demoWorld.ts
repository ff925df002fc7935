import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type ReferenceServer, startReferenceServer } from '../../../demo/server/start.ts';
import { repositoryRoot } from '../../support/aliases.ts';
import { launchBrowser, type RunningBrowser } from '../../support/browser/launch.ts';
import { makeProfile } from '../../support/browser/profile.ts';
import { runScript } from '../../support/browser/script.ts';

/** Builds the demo page into a folder; worlds are opened below the same one. */
export async function buildDemo(folder: string): Promise<void> {
  const bundle = new URL('../../support/browser/bundle.ts', import.meta.url);
  const app = join(repositoryRoot, 'demo/app');
  await runScript(bundle, ['root', app, join(folder, 'page')], { NODE_ENV: 'production' });
}

/** A server and a browser of one test's own, with the page open and in step with the server. */
export class DemoWorld implements AsyncDisposable {
  readonly page: Page;
  /** What the page said to the console that it should not, network failures apart. */
  readonly complaints: string[] = [];
  readonly #server: ReferenceServer;
  readonly #browser: RunningBrowser;
  readonly #profile: AsyncDisposable;

  constructor(
    page: Page,
    server: ReferenceServer,
    browser: RunningBrowser,
    profile: AsyncDisposable,
  ) {
    this.page = page;
    this.#server = server;
    this.#browser = browser;
    this.#profile = profile;
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      const isLog = message.type() === 'log';
      // The browser itself reports every request that fails; no page can prevent that.
      if (isLog || message.text().startsWith('Failed to load resource')) return;
      this.complaints.push(message.text());
    });
  }

  static async open(folder: string): Promise<DemoWorld> {
    const file = join(await mkdtemp(join(folder, 'data-')), 'demo.sqlite');
    const server = await startReferenceServer({ file, pageDirectory: join(folder, 'page') });
    const profile = await makeProfile();
    const browser = await launchBrowser({ profile: profile.path });
    const world = new DemoWorld(await browser.newPage('about:blank'), server, browser, profile);
    await world.page.goto(server.pageUrl);
    await world.phase('synced');
    return world;
  }

  async phase(phase: string): Promise<void> {
    await this.page.locator(`[data-testid=sync-status][data-phase=${phase}]`).waitFor();
  }

  todo(title: string) {
    const field = this.page.getByLabel(`Title of ${title}`, { exact: true });
    return this.page.getByTestId('todo').filter({ has: field });
  }

  async status(title: string, status: string): Promise<void> {
    await this.todo(title).getByTestId('chip').getByText(status).waitFor();
  }

  async add(title: string): Promise<void> {
    await this.page.getByLabel('New todo').fill(title);
    await this.page.keyboard.press('Enter');
  }

  async network(to: 'on' | 'cut'): Promise<void> {
    await this.page.getByRole('switch', { name: 'Network' }).click();
    if (to === 'on') return;
    await this.page.getByTestId('sync-status').getByText('Offline').waitFor();
  }

  /** Turns the refusal of titles with "no" on or off, and waits until the server knows. */
  async refusing(to: boolean): Promise<void> {
    const told = this.page.waitForResponse('**/_control/trouble');
    await this.page.getByLabel('Refuse titles').setChecked(to);
    await told;
  }

  button(name: string) {
    return this.page.getByRole('button', { name, exact: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.kill();
    await this.#server.close();
    await this.#profile[Symbol.asyncDispose]();
  }
}
