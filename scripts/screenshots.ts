import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startReferenceServer } from '../demo/server/start.ts';
import { DemoDevice } from '../tests/e2e/support/demoDevice.ts';
import { launchBrowser } from '../tests/support/browser/launch.ts';
import { makeProfile } from '../tests/support/browser/profile.ts';

/**
 * Takes the pictures of the demo in docs/images, from the page built in demo/dist: a small story is
 * played in a real browser, so that the pictures show what the app does and nothing made up.
 */

const images = 'docs/images';
/** Heavier pictures are a burden on every clone. */
const heaviest = 300_000;

type Scheme = 'light' | 'dark';

/** Both devices change one title offline: the laptop’s is on the server first, the phone’s is merged. */
async function playMerge(laptop: DemoDevice, phone: DemoDevice): Promise<void> {
  await laptop.add('Water the tomatoes', 'Write to Aoife', 'Mend the gate', 'Book the ferry');
  await phone.status('Book the ferry', 'synced');
  await laptop.cut();
  await phone.cut();
  await laptop.rename('Book the ferry', 'Book the ferry, two seats');
  await phone.rename('Book the ferry', 'Book the ferry to Aran');
  await phone.button('+1 to Book the ferry to Aran').click();
  await laptop.mend();
  await laptop.status('Book the ferry, two seats', 'synced');
  await phone.mend();
  await phone.status('Book the ferry to Aran', 'synced');
  await laptop.status('Book the ferry to Aran', 'synced');
}

/** A refusal on the phone, and a laptop that is cut with work in its outbox. */
async function playTrouble(page: Page, laptop: DemoDevice, phone: DemoDevice): Promise<void> {
  await page.getByLabel('Refuse titles with “no” in them').check();
  await phone.add('Buy the noisy clock');
  await phone.button('Discard').waitFor();
  await laptop.cut();
  await laptop.rename('Write to Aoife', 'Write to Aoife about June');
  await laptop.button('+1 to Write to Aoife about June').click();
  await laptop.add('Pack the tent');
  await laptop.region.getByLabel('Done: Water the tomatoes').check();
  await laptop.button('Details of Write to Aoife about June').click();
  await laptop.waiting.nth(3).waitFor();
}

async function playStory(page: Page): Promise<void> {
  const laptop = new DemoDevice(page, 'Laptop');
  const phone = new DemoDevice(page, 'Phone');
  await laptop.stands('Synced');
  await phone.stands('Synced');
  await playMerge(laptop, phone);
  await playTrouble(page, laptop, phone);
  // No button is to look pressed.
  await page.mouse.move(0, 0);
  await page.getByRole('heading', { name: 'Laptop' }).focus();
}

async function take(page: Page, name: string, width: number, scheme: Scheme): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: scheme });
  await page.evaluate(() => document.fonts.ready);
  const path = join(images, `${name}.png`);
  await page.screenshot({ path, fullPage: true, animations: 'disabled', caret: 'hide' });
  const { size } = await stat(path);
  if (size > heaviest)
    throw new Error(`${path} has ${size} bytes; at most ${heaviest} are wanted.`);
  console.log(`${path}: ${Math.round(size / 1_000)} KB`);
}

/** The panel over the laptop, with a record that waits. */
async function takeInspector(page: Page, scheme: Scheme): Promise<void> {
  const panel = page.getByRole('region', { name: 'Sync inspector' });
  if (!(await panel.isVisible())) {
    const devices = page.getByRole('group', { name: 'Device to look inside of' });
    await devices.getByRole('button', { name: 'Laptop' }).click();
    await panel.getByRole('img', { name: /^Record: / }).waitFor();
  }
  await page.setViewportSize({ width: 1200, height: 1000 });
  await page.emulateMedia({ colorScheme: scheme });
  const path = join(images, `inspector-${scheme}.png`);
  await panel.screenshot({ path, animations: 'disabled', caret: 'hide' });
  const { size } = await stat(path);
  if (size > heaviest)
    throw new Error(`${path} has ${size} bytes; at most ${heaviest} are wanted.`);
  console.log(`${path}: ${Math.round(size / 1_000)} KB`);
}

const folder = await mkdtemp(join(tmpdir(), 'syncharts-screenshots-'));
const server = await startReferenceServer({
  file: join(folder, 'demo.sqlite'),
  pageDirectory: 'demo/dist',
  lines: { laptop: 0, phone: 0 },
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
  await page.setViewportSize({ width: 1440, height: 900 });
  await playStory(page);
  await take(page, 'demo-light', 1440, 'light');
  await take(page, 'demo-dark', 1440, 'dark');
  await take(page, 'demo-narrow', 390, 'dark');
  await takeInspector(page, 'light');
  await takeInspector(page, 'dark');
} finally {
  await server.close();
  await rm(folder, { recursive: true, force: true });
}
