import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../tests/support/browser/launch.ts';
import { makeProfile } from '../tests/support/browser/profile.ts';
import { servePage } from '../tests/support/browser/serve.ts';

export interface BenchBrowser extends AsyncDisposable {
  /** `Chromium 153…`, and what it runs on. */
  readonly browser: string;
  readonly machine: string;
  /** Runs `work` in a tab of its own; throws what the page threw and nobody caught. */
  inTab<T>(work: (page: Page) => Promise<T>): Promise<T>;
}

/** Bundles a page of the benchmarks and opens it in a Chromium whose profile is on disk. */
export async function openBrowser(entry: URL): Promise<BenchBrowser> {
  await using started = new AsyncDisposableStack();
  const served = started.use(await servePage({ entry: fileURLToPath(entry) }));
  const profile = started.use(await makeProfile());
  const running = started.use(
    await launchBrowser({
      profile: profile.path,
      // Garbage of one side must not be swept in the time of the other.
      args: ['--js-flags=--expose-gc', '--enable-precise-memory-info'],
    }),
  );
  const [cpu, ...others] = cpus();
  const all = started.move();
  return {
    browser: `Chromium ${running.browser.version()}`,
    machine: `${others.length + 1} cores, ${cpu?.model.trim() ?? 'unknown'}`,
    async inTab(work) {
      const page = await running.newPage(served.url);
      const errors: Error[] = [];
      page.on('pageerror', (error) => errors.push(error));
      try {
        const result = await work(page);
        if (errors[0]) throw errors[0];
        return result;
      } finally {
        await page.close();
      }
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
