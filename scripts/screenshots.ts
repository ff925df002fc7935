import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startReferenceServer } from '../demo/server/start.ts';
import { launchBrowser } from '../tests/support/browser/launch.ts';
import { makeProfile } from '../tests/support/browser/profile.ts';

/**
 * Takes the pictures of the demo in docs/images, from the page built in demo/dist: a small story is
 * played in a real browser, so that the pictures show what the app does and nothing made up.
 */

const images = 'docs/images';
/** Heavier pictures are a burden on every clone. */
const heaviest = 250_000;

type Scheme = 'light' | 'dark';

/** Adds todos by the keyboard and waits until the server has them. */
async function addOnline(page: Page, titles: readonly string[]): Promise<void> {
  await page.getByLabel('New todo').focus();
  for (const title of titles) {
    await page.keyboard.type(title);
    await page.keyboard.press('Enter');
  }
  await page.getByText('Empty: the server has everything.').waitFor();
}

function todo(page: Page, title: string) {
  return page
    .getByTestId('todo')
    .filter({ has: page.getByLabel(`Title of ${title}`, { exact: true }) });
}

async function playStory(page: Page): Promise<void> {
  await addOnline(page, [
    'Book the ferry to Aran',
    'Water the tomatoes',
    'Write to Aoife',
    'Mend the gate',
  ]);
  await page.getByLabel('Done: Water the tomatoes').check();
  await page.getByLabel('Refuse titles with “no” in them').check();
  await todo(page, 'Mend the gate').getByTestId('chip').getByText('synced').waitFor();
  await page.getByLabel('New todo').fill('Buy the noisy clock');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Discard' }).waitFor();

  await page.getByRole('switch', { name: 'Network' }).click();
  await page.getByTestId('sync-status').getByText('No connection').waitFor();
  const ferry = page.getByLabel('Title of Book the ferry to Aran', { exact: true });
  await ferry.fill('Book the ferry to Aran, two seats');
  await ferry.press('Enter');
  await page.getByRole('button', { name: 'Add 1 to Write to Aoife' }).click();
  await page.getByLabel('New todo').fill('Pack the tent');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Delete Mend the gate' }).click();
  await page.getByTestId('operation').nth(4).waitFor();
  // No button is to look pressed.
  await page.mouse.move(0, 0);
  await page.getByRole('heading', { name: 'This device' }).focus();
}

async function take(page: Page, name: string, width: number, scheme: Scheme): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: scheme });
  const path = join(images, `${name}.png`);
  await page.screenshot({ path, fullPage: true, animations: 'disabled', caret: 'hide' });
  const { size } = await stat(path);
  if (size > heaviest)
    throw new Error(`${path} has ${size} bytes; at most ${heaviest} are wanted.`);
  console.log(`${path}: ${Math.round(size / 1_000)} KB`);
}

const folder = await mkdtemp(join(tmpdir(), 'syncharts-screenshots-'));
const server = await startReferenceServer({
  file: join(folder, 'demo.sqlite'),
  pageDirectory: 'demo/dist',
});
try {
  await mkdir(images, { recursive: true });
  await using profile = await makeProfile();
  await using browser = await launchBrowser({
    profile: profile.path,
    args: ['--hide-scrollbars'],
  });
  const page = await browser.newPage(server.pageUrl);
  page.setDefaultTimeout(15_000);
  await page.setViewportSize({ width: 1280, height: 900 });
  await playStory(page);
  await take(page, 'demo-light', 1280, 'light');
  await take(page, 'demo-dark', 1280, 'dark');
  await take(page, 'demo-narrow', 390, 'light');
} finally {
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
