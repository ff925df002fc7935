import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessibilityProblems } from './support/accessibility.ts';
import { buildDemo, DemoWorld } from './support/demoWorld.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncharts-demo-'));
  await buildDemo(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('S37: what is written offline survives a kill of the browser and takes effect once', async () => {
  await using world = await DemoWorld.open(folder);
  await world.laptop.add('Milk', 'Bread');
  await world.laptop.status('Milk', 'synced');
  await world.laptop.status('Bread', 'synced');
  await world.laptop.cut();
  await world.laptop.button('+1 to Milk').click();
  await world.laptop.button('Delete Bread').click();
  await world.laptop.add('Tea');
  await world.laptop.region.getByText('3 operations').waitFor();
  await world.laptop.status('Tea', 'pending');

  await world.kill();
  await world.launch();
  const { laptop } = world;
  await laptop.region.getByText('3 operations').waitFor();
  await laptop.stands('Offline');
  await laptop.todo('Milk').getByText('counter 1').waitFor();
  expect(await laptop.todo('Bread').count()).toBe(0);

  await laptop.mend();
  await laptop.stands('Synced');
  await world.ledger('the last 5, each key once');
  await world.phone.status('Tea', 'synced');
  expect(world.complaints).toEqual([]);
});

test('S37: both devices change the same title offline, and one sees what the merge did', async () => {
  await using world = await DemoWorld.open(folder);
  const { laptop, phone } = world;
  await laptop.add('Milk');
  await phone.status('Milk', 'synced');
  await laptop.cut();
  await phone.cut();
  await laptop.rename('Milk', 'Oat milk');
  await phone.rename('Milk', 'Rice milk');
  await phone.button('+1 to Rice milk').click();
  await phone.region.getByText('2 operations').waitFor();

  await laptop.mend();
  await laptop.status('Oat milk', 'synced');
  await phone.mend();
  await phone.status('Rice milk', 'synced');
  const told = 'Both changed title: mine stays (“Rice milk”), theirs was “Oat milk”.';
  await phone.region.getByRole('alert').getByText(told).waitFor();
  const merged = phone.region.getByRole('list', { name: 'Merged' });
  expect(await merged.getByRole('listitem').textContent()).toContain(told);

  await laptop.status('Rice milk', 'synced');
  await laptop.todo('Rice milk').getByText('counter 1').waitFor();
  await laptop.stands('Synced');
  await phone.stands('Synced');
  expect(world.complaints).toEqual([]);
});

test('S37: with another policy a person decides, on what both sides say', async () => {
  await using world = await DemoWorld.open(folder);
  await world.laptop.add('Milk');
  await world.phone.status('Milk', 'synced');
  await world.page.getByLabel('Both changed a record').selectOption('a person decides');
  await world.page.waitForURL('**/?conflict=manual');
  const { laptop, phone } = world;
  await phone.status('Milk', 'synced');
  await phone.cut();
  await phone.rename('Milk', 'Rice milk');
  await laptop.rename('Milk', 'Oat milk');
  await laptop.status('Oat milk', 'synced');
  await phone.mend();
  const card = phone.region.getByRole('listitem').filter({ hasText: 'Conflict: Rice milk' });
  await card.waitFor();
  const sides = await card.getByRole('definition').allTextContents();
  expect(sides).toEqual(['Rice milk · open · counter 0', 'Oat milk · open · counter 0']);
  await phone.button('Keep theirs').click();
  await phone.status('Oat milk', 'synced');
  await phone.stands('Synced');
  expect(world.complaints).toEqual([]);
});

test('S37: a second tab is the same device: it writes, shows, and goes on when the first is closed', async () => {
  await using world = await DemoWorld.open(folder);
  const first = world.laptop;
  const second = await world.tab();
  await second.laptop.add('From the second tab');
  await second.laptop.status('From the second tab', 'synced');
  await first.status('From the second tab', 'synced');
  await first.cut();
  await second.laptop.rename('From the second tab', 'Changed offline');
  await first.todo('Changed offline').waitFor();
  await second.laptop.mend();
  await first.status('Changed offline', 'synced');
  await world.page.close();
  await second.laptop.add('After the first tab');
  await second.laptop.status('After the first tab', 'synced');
  await second.laptop.stands('Synced');
  expect(world.complaints).toEqual([]);
});

test('S37: changed here, deleted on the other device: a person decides', async () => {
  await using world = await DemoWorld.open(folder);
  const { laptop, phone } = world;
  await laptop.add('Milk');
  await phone.status('Milk', 'synced');
  await phone.cut();
  await phone.rename('Milk', 'Oat milk');
  await laptop.button('Delete Milk').click();
  await laptop.stands('Synced');
  await phone.mend();
  await phone.stands('Needs you');
  await phone.status('Oat milk', 'conflicted');
  await phone.region.getByRole('group', { name: 'Conflict: Oat milk' }).waitFor();
  await phone.button('Keep mine').click();
  await phone.status('Oat milk', 'synced');
  await laptop.status('Oat milk', 'synced');
  expect(world.complaints).toEqual([]);
});

test('S37: a lost answer and an ailing server are got over, each key once', async () => {
  await using world = await DemoWorld.open(folder);
  const { page, laptop } = world;
  await page.getByRole('button', { name: 'Drop the next answer' }).click();
  await page.getByText('The next answer will be lost.').waitFor();
  await laptop.add('Milk');
  await laptop.status('Milk', 'synced');
  await page.getByRole('button', { name: '500 for the next 3' }).click();
  await page.getByText('3 more 500s to come.').waitFor();
  await laptop.button('+1 to Milk').click();
  await laptop.status('Milk', 'synced');
  await world.ledger('the last 2, each key once');
  expect(world.complaints).toEqual([]);
});

test('S37: a refused write waits for a person: edit, discard, retry', async () => {
  await using world = await DemoWorld.open(folder);
  const { laptop } = world;
  await world.refusing(true);
  const refused = (title: string) =>
    laptop.region.getByRole('group', { name: `Refused: ${title}` });
  for (const title of ['nothing', 'nobody', 'nowhere']) {
    await laptop.add(title);
    await refused(title).waitFor();
  }
  await laptop.stands('Needs you');
  await refused('nothing').getByRole('button', { name: 'Edit' }).click();
  await laptop.region.getByLabel('New title for nothing').fill('Something');
  await world.page.keyboard.press('Enter');
  await laptop.status('Something', 'synced');
  await refused('nobody').getByRole('button', { name: 'Discard' }).click();
  await laptop.todo('nobody').waitFor({ state: 'detached' });
  await world.refusing(false);
  await refused('nowhere').getByRole('button', { name: 'Retry' }).click();
  await laptop.status('nowhere', 'synced');
  await laptop.stands('Synced');
  expect(world.complaints).toEqual([]);
});

test('S37: the search finds titles, and a record’s details say why it waits and what the server has', async () => {
  await using world = await DemoWorld.open(folder);
  const { laptop } = world;
  await laptop.add('Milk', 'Bread', 'Oat milk');
  await laptop.status('Oat milk', 'synced');
  await laptop.region.getByLabel('Search titles').fill('milk');
  await laptop.region.getByText('2 of 3 todos').waitFor();
  expect(await laptop.todo('Bread').count()).toBe(0);

  await laptop.cut();
  await laptop.rename('Milk', 'Rice milk');
  await laptop.button('Details of Rice milk').click();
  const row = laptop.todo('Rice milk');
  await row
    .getByText('There is no network', { exact: false })
    .or(row.getByText('The server does not answer', { exact: false }))
    .waitFor();
  const title = row.getByRole('row', { name: 'title' });
  expect(await title.getByRole('cell').allTextContents()).toEqual(['“Rice milk”', '“Milk”']);
  expect(await row.getByRole('list', { name: 'Changes that wait' }).textContent()).toContain(
    'Rice milk',
  );

  const devices = world.page.getByRole('group', { name: 'Device to look inside of' });
  await devices.getByRole('button', { name: 'Laptop' }).click();
  const inspector = world.page.getByRole('region', { name: 'Sync inspector' });
  await inspector.getByText('1 record waits').waitFor();
  expect(world.complaints).toEqual([]);
});

test('S37: everything goes by the keyboard alone', async () => {
  await using world = await DemoWorld.open(folder);
  const { page, laptop } = world;
  const { keyboard } = page;
  const press = async (...keys: string[]) => {
    for (const key of keys) await keyboard.press(key);
  };
  await press('Tab', 'Tab', 'Space'); // Past the policy, to the laptop's network switch.
  await laptop.stands('Offline');
  await press('Space');
  await laptop.stands('Synced');
  await press('Tab', 'Tab'); // Past “Sync now”, to the field.
  await keyboard.type('Milk');
  await press('Enter');
  await laptop.status('Milk', 'synced');
  await press('Tab', 'Tab', 'Tab', 'Space'); // Past “Add” and the search, to the checkbox.
  await press('Tab', 'End');
  await keyboard.type(', oat');
  await press('Enter');
  await laptop.status('Milk, oat', 'synced');
  expect(await laptop.todo('Milk, oat').getByRole('checkbox').isChecked()).toBe(true);
  await press('Tab', 'Enter'); // +1
  await laptop.todo('Milk, oat').getByText('counter 1').waitFor();
  await press('Tab', 'Enter'); // Details
  await laptop.todo('Milk, oat').getByRole('table').waitFor();
  await press('Tab', 'Enter'); // Delete
  await laptop.todo('Milk, oat').waitFor({ state: 'detached' });
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  expect(await focused()).toBe('Laptop');
  expect(world.complaints).toEqual([]);
});

test('S37: contrast, names, roles and labels are as WCAG 2.2 AA asks, in light and dark, narrow and wide', async () => {
  await using world = await DemoWorld.open(folder);
  const { page, laptop, phone } = world;
  await laptop.add('Milk', 'Tea');
  await phone.status('Tea', 'synced');
  await phone.cut();
  await phone.rename('Milk', 'Oat milk');
  await phone.rename('Tea', 'Green tea');
  await laptop.rename('Milk', 'Rice milk');
  await laptop.button('Delete Tea').click();
  await laptop.status('Rice milk', 'synced');
  await phone.mend();
  await phone.region.getByRole('group', { name: 'Conflict: Green tea' }).waitFor();
  await phone.button('Details of Oat milk').click();
  await laptop.status('Oat milk', 'synced');
  await world.refusing(true);
  await laptop.add('nothing');
  await laptop.region.getByRole('group', { name: 'Refused: nothing' }).waitFor();
  await laptop.cut();
  await laptop.region.getByLabel('Done: Oat milk').check();
  await laptop.button('Details of Oat milk').click();

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1440, 390]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      expect(await accessibilityProblems(page), `${colorScheme} at ${width}`).toEqual([]);
      const overflow = () => document.documentElement.scrollWidth - innerWidth;
      expect(await page.evaluate(overflow), `sideways at ${width}`).toBeLessThanOrEqual(0);
    }
  }
  expect(world.complaints).toEqual([]);
});
