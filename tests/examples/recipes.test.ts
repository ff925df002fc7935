import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../support/aliases.ts';

const folder = join(repositoryRoot, 'examples');
const page = await readFile(join(repositoryRoot, 'docs/recipes.md'), 'utf8');

test.each(await readdir(folder))(
  'docs/recipes.md shows examples/%s as it is tested',
  async (name) => {
    const text = await readFile(join(folder, name), 'utf8');
    const [, shown] = page.split(`\`examples/${name}\`:\n\n\`\`\`ts\n`);
    expect(shown?.slice(0, shown.indexOf('```'))).toBe(text);
  },
);
