import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { waitForEndpoint } from './devTools.ts';
import { groupEnds, killGroup } from './group.ts';
import { type SpawnedChromium, spawnChromium } from './spawn.ts';

export interface LaunchOptions {
  /** Folder of the profile; made if absent, and never removed here. */
  readonly profile: string;
  /** Further command line arguments. */
  readonly args?: readonly string[];
  /** Default true; the Chromium from npm has no window to show. */
  readonly headless?: boolean;
}

export interface RunningBrowser extends AsyncDisposable {
  readonly browser: Browser;
  /** The profile's own context: what it stores is on disk. Contexts made anew are in memory. */
  readonly context: BrowserContext;
  /** The browser process, and the number of its process group. */
  readonly pid: number;
  /** Opens a tab in the profile's context and waits for the page's load event. */
  newPage(url: string): Promise<Page>;
  /** SIGKILL to every process of the browser at once; returns when all are gone. */
  kill(): Promise<void>;
  /** Ends the browser as a user does: localStorage and the rest are written out first. */
  close(): Promise<void>;
}

/** Milliseconds. */
const startDeadline = 30_000;
const closeDeadline = 15_000;

/**
 * Starts a real Chromium on a profile on disk. Disposing kills it; a browser that is still alive
 * when this process ends is killed as well.
 *
 * @throws Error with the end of the browser's stderr, if it does not start.
 */
export async function launchBrowser(options: LaunchOptions): Promise<RunningBrowser> {
  const headless = options.headless === false ? [] : ['--headless'];
  const spawned = await spawnChromium(options.profile, [...headless, ...(options.args ?? [])]);
  try {
    return await connect(spawned, options.profile);
  } catch (error) {
    await killGroup(spawned.pid);
    spawned.release();
    throw new Error(`Chromium did not start. The end of its stderr:\n${spawned.stderr()}`, {
      cause: error,
    });
  }
}

async function connect(spawned: SpawnedChromium, profile: string): Promise<RunningBrowser> {
  const { pid } = spawned;
  const endpoint = await waitForEndpoint(profile, startDeadline, spawned.hasEnded);
  const browser = await chromium.connectOverCDP(endpoint, { timeout: startDeadline });
  const [context] = browser.contexts();
  if (!context) throw new Error('The browser shows no context of its profile.');

  let isOver = false;
  const settle = async () => {
    isOver = true; // From here on the group's number may belong to somebody else.
    spawned.release();
    await browser.close().catch(() => {}); // Drops our end of a connection that is dead already.
  };
  const kill = async () => {
    if (isOver) return;
    await killGroup(pid);
    await settle();
  };
  const close = async () => {
    if (isOver) return;
    const session = await browser.newBrowserCDPSession();
    await session.send('Browser.close').catch(() => {}); // It may hang up before it answers.
    if (!(await groupEnds(pid, closeDeadline))) {
      await kill();
      throw new Error(`Chromium did not close in ${closeDeadline} ms, and was killed.`);
    }
    await settle();
  };
  const newPage = async (url: string) => {
    const page = await context.newPage();
    await page.goto(url);
    return page;
  };
  return { browser, context, pid, newPage, kill, close, [Symbol.asyncDispose]: kill };
}
