import { setTimeout as wait } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import type {} from '../pages/app.ts';

/** What can befall the tab that leads. */
export const mishaps = ['closed', 'crashed', 'hung', 'frozen'] as const;
export type Mishap = (typeof mishaps)[number];

/** ms for which a hung page does nothing: longer than the others wait for a sign of it. */
export const hangs = 12_000;

/** ms from the word that it will be frozen until it is. */
const settling = 400;

/** Lets it happen; resolves with how the tab goes on afterwards, null: it is gone. */
export async function befall(mishap: Mishap, tab: Page): Promise<(() => Promise<void>) | null> {
  switch (mishap) {
    case 'closed':
      await tab.close();
      return null;
    case 'crashed':
      await crash(tab);
      return null;
    case 'hung':
      return hang(tab);
    case 'frozen':
      return freeze(tab);
  }
}

/** Its renderer process dies. */
async function crash(tab: Page): Promise<void> {
  const session = await tab.context().newCDPSession(tab);
  const crashed = tab.waitForEvent('crash');
  // It never answers.
  session.send('Page.crash').catch(() => {});
  await crashed;
  await tab.close();
}

/** A loop that nothing interrupts: what the page holds it keeps, its lock as well. */
async function hang(tab: Page): Promise<() => Promise<void>> {
  await tab.evaluate((duration) => {
    setTimeout(() => {
      const end = performance.now() + duration;
      while (performance.now() < end);
    }, 0);
  }, hangs);
  // It answers when it is over.
  return () => tab.evaluate(() => {});
}

/**
 * It is told that it will be frozen, and then runs no statement until it is told that it was. Playwright
 * keeps each page visible, and the browser freezes none that is, so that a debugger holds it; the
 * browser's own freeze is that of `frozen.e2e.ts`.
 */
async function freeze(tab: Page): Promise<() => Promise<void>> {
  const session = await tab.context().newCDPSession(tab);
  await session.send('Debugger.enable');
  const paused = new Promise((resolve) => session.once('Debugger.paused', resolve));
  await tab.evaluate(() => void document.dispatchEvent(new Event('freeze')));
  // A page that is in the middle of a transaction would keep all others from the database: browsers
  // freeze none then.
  await wait(settling);
  await session.send('Debugger.pause');
  // Whatever it does next stops it.
  tab.evaluate(() => {}).catch(() => {});
  await paused;
  return () => thaw(tab, session);
}

async function thaw(tab: Page, session: CDPSession): Promise<void> {
  await session.send('Debugger.resume');
  await session.detach();
  await tab.evaluate(() => void document.dispatchEvent(new Event('resume')));
}
