import { groups } from './groups.ts';
import { readOptions } from './options.ts';
import { runGroups } from './runGroups.ts';
import { table } from './table.ts';

const figures = await runGroups({
  ...{ groups, options: readOptions(), print: table },
  entry: new URL('./page/main.ts', import.meta.url),
  toJson: (figures) => ({ figures }),
});
console.log(table(figures));
