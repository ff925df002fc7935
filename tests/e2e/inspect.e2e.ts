import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems } from './support/accessibility.ts';
import { buildDemo, DemoWorld } from './support/demoWorld.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncharts-inspect-'));
  await buildDemo(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Opens the panel of a device below the demo. */
async function inspect(page: Page, device: 'Laptop' | 'Phone') {
  await page
    .getByRole('region', { name: 'Inspector', exact: true })
    .getByRole('button', { name: device, exact: true })
    .click();
  const panel = page.getByRole('region', { name: 'Sync inspector' });
  await panel.waitFor();
  return panel;
}

describe('the panel, over a real engine in a real browser', () => {
  test('N6: follows a record from its edit offline to the server', async () => {
    await using world = await DemoWorld.open(folder);
    const { laptop, page } = world;
    await laptop.add('Milk');
    await laptop.status('Milk', 'synced');
    const panel = await inspect(page, 'Laptop');
    await panel.getByRole('img', { name: 'Record: synced' }).waitFor();
    await laptop.cut();
    await laptop.rename('Milk', 'Oat milk');
    await panel.getByRole('img', { name: 'Record: pending' }).waitFor();
    await panel
      .getByText('The server does not answer; it is asked again from time to time.')
      .waitFor();
    const title = panel.getByRole('table', { name: 'Fields' }).getByRole('row', { name: /^title/ });
    await title.getByText('"Milk"').waitFor();
    await title.getByText('"Oat milk"').waitFor();
    await panel.getByRole('tab', { name: 'Connection' }).click();
    await panel.getByRole('img', { name: /^Connection: (waiting|probing)$/ }).waitFor();
    await laptop.mend();
    await panel.getByRole('img', { name: 'Connection: online' }).waitFor();
    await panel.getByRole('tab', { name: 'Timeline' }).click();
    await panel
      .getByRole('button', { name: /committed$/ })
      .first()
      .click();
    await panel.getByRole('img', { name: 'Record: synced' }).waitFor();
    expect(world.complaints).toEqual([]);
  });

  test('is fetched when it is opened, and not before', async () => {
    await using world = await DemoWorld.open(folder);
    const scripts = () =>
      world.page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    const before = await scripts();
    expect(before.filter((name) => /inspect/i.test(name))).toEqual([]);
    await inspect(world.page, 'Laptop');
    const after = await scripts();
    expect(after.filter((name) => /inspect/i.test(name)).length).toBeGreaterThan(0);
  });

  test.each([
    ['light', 'wide', 1_400],
    ['dark', 'narrow', 380],
  ] as const)('N6: is accessible in %s, %s', async (colorScheme, _, width) => {
    await using world = await DemoWorld.open(folder);
    const { laptop, page } = world;
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await world.refusing(true);
    await laptop.add('Milk', 'no');
    await laptop.button('Discard').waitFor();
    const panel = await inspect(page, 'Laptop');
    await panel.getByRole('img', { name: 'Record: failed' }).waitFor();
    await page.setViewportSize({ width, height: 900 });
    for (const tab of ['Timeline', 'Connection', 'Line', 'Engine', 'Record']) {
      await panel.getByRole('tab', { name: tab, exact: true }).click();
      expect(await accessibilityProblems(page), tab).toEqual([]);
    }
    expect(world.complaints).toEqual([]);
  });
});
