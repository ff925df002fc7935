import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildDemo, DemoWorld } from './support/demoWorld.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncharts-demo-'));
  await buildDemo(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('what is written offline survives a reload and takes effect once', async () => {
  await using world = await DemoWorld.open(folder);
  const { page } = world;
  await world.add('Milk');
  await world.add('Bread');
  await world.status('Milk', 'synced');
  await world.status('Bread', 'synced');
  await world.network('cut');
  await world.button('Add 1 to Milk').click();
  await world.button('Delete Bread').click();
  await world.add('Tea');
  await page.getByText('3 operations').waitFor();

  await page.reload();
  await page.getByText('3 operations').waitFor();
  expect(await world.todo('Milk').getByTestId('counter').textContent()).toBe('1');
  expect(await world.todo('Bread').count()).toBe(0);

  await world.network('on');
  await world.phase('synced');
  await page.getByText('the last 5, each key once').waitFor();
  expect(world.complaints).toEqual([]);
});

test('a lost answer and an ailing server are got over, each key once', async () => {
  await using world = await DemoWorld.open(folder);
  const { page } = world;
  await world.button('Drop the next answer').click();
  await page.getByText('The next answer will be lost.').waitFor();
  await world.add('Milk');
  await world.status('Milk', 'synced');
  await world.button('500 for the next 3').click();
  await page.getByText('3 more 500s to come.').waitFor();
  await world.button('Add 1 to Milk').click();
  await world.status('Milk', 'backoff');
  await world.status('Milk', 'synced');
  await page.getByText('the last 2, each key once').waitFor();
  expect(world.complaints).toEqual([]);
});

test('a refused write waits for a person: edit, discard, retry', async () => {
  await using world = await DemoWorld.open(folder);
  const { page } = world;
  await world.refusing(true);
  const refused = (title: string) => page.getByRole('group', { name: `Refused: ${title}` });
  for (const title of ['nothing', 'nobody', 'nowhere']) {
    await world.add(title);
    await refused(title).waitFor();
  }
  await world.phase('attention');
  await refused('nothing').getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('New title for nothing').fill('Something');
  await page.keyboard.press('Enter');
  await world.status('Something', 'synced');
  await refused('nobody').getByRole('button', { name: 'Discard' }).click();
  await world.todo('nobody').waitFor({ state: 'detached' });
  await world.refusing(false);
  await refused('nowhere').getByRole('button', { name: 'Retry' }).click();
  await world.status('nowhere', 'synced');
  await world.phase('synced');
  expect(world.complaints).toEqual([]);
});

test('edited here, deleted there: a person decides', async () => {
  await using world = await DemoWorld.open(folder);
  const { page } = world;
  await world.add('Milk');
  await world.status('Milk', 'synced');
  const others = page.getByRole('group', { name: 'Someone else, on Milk' });
  await others.getByRole('button', { name: 'deletes' }).click();
  await others.waitFor({ state: 'detached' });
  await world.button('Add 1 to Milk').click();
  await world.status('Milk', 'conflicted');
  await world.button('Keep mine').click();
  await world.status('Milk', 'synced');
  await others.waitFor();
  expect(world.complaints).toEqual([]);
});

test('everything goes by the keyboard alone', async () => {
  await using world = await DemoWorld.open(folder);
  const { keyboard } = world.page;
  const press = async (...keys: string[]) => {
    for (const key of keys) await keyboard.press(key);
  };
  await press('Tab', 'Space'); // The network switch.
  await world.page.getByTestId('sync-status').getByText('Offline').waitFor();
  await press('Space');
  await world.phase('synced');
  await press('Tab', 'Tab'); // Past “Sync now”, to the field.
  await keyboard.type('Milk');
  await press('Enter');
  await world.status('Milk', 'synced');
  await press('Tab', 'Tab', 'Tab', 'Space'); // Past “Add” and the search, to the checkbox.
  await press('Tab', 'End');
  await keyboard.type(', oat');
  await press('Enter');
  await world.status('Milk, oat', 'synced');
  expect(await world.todo('Milk, oat').getByRole('checkbox').isChecked()).toBe(true);
  await press('Tab', 'Enter'); // +1
  await world.todo('Milk, oat').getByTestId('counter').getByText('1').waitFor();
  await press('Tab', 'Enter'); // Delete
  await world.todo('Milk, oat').waitFor({ state: 'detached' });
  const focused = () => world.page.evaluate(() => document.activeElement?.textContent);
  expect(await focused()).toBe('This device');
  expect(world.complaints).toEqual([]);
});
