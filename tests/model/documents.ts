import { readFile } from 'node:fs/promises';
import { recordMachine } from '../../machines/record.ts';
import { couplingPicture } from './draw/couplingPicture.ts';
import { machinePicture } from './draw/machinePicture.ts';
import type { Everything } from './everything.ts';
import {
  explorationTable,
  machinePropertyTable,
  machineTable,
  markdown,
  propertyTable,
  type Table,
  unreachedTable,
  wrongTable,
} from './report.ts';
import { shipped, wide } from './shipped.ts';
import { type Found, findIn, type Wrong, wrongs } from './wrong.ts';

const page = 'docs/model-check.md';

/** Every mistake, with what the check says of it. */
export function findAll(): { wrong: Wrong; found: Found | undefined }[] {
  return wrongs.map((wrong) => {
    const found = findIn(wrong).find(({ property }) => property === wrong.property);
    return { wrong, found };
  });
}

/** The page's figures and the pictures as they should be, by path. */
export async function documents(
  everything: Everything,
  mistakes: ReturnType<typeof findAll>,
): Promise<Map<string, string>> {
  const sent = new Set(everything.explorations.flatMap((checked) => [...checked.sent]));
  const notices = new Set(everything.explorations.flatMap((checked) => [...checked.notices]));
  const pictures = [
    ['record', machinePicture('record', recordMachine, sent)],
    ...shipped.parts.map(({ name, machine }) => [name, machinePicture(name, machine, sent)]),
    ['coupling', couplingPicture(shipped.parts, { bounds: wide, sent, notices })],
  ] as const;
  const tables: Readonly<Record<string, Table>> = {
    machines: machineTable(everything),
    'machine-properties': machinePropertyTable(everything),
    explorations: explorationTable(everything),
    properties: propertyTable(everything),
    unreached: unreachedTable(),
    mistakes: wrongTable(mistakes),
  };
  let text = await readFile(page, 'utf8');
  for (const [name, table] of Object.entries(tables)) text = filled(text, name, markdown(table));
  return new Map([
    [page, text],
    ...pictures.map(([name, picture]) => [`docs/images/model-${name}.svg`, picture] as const),
  ]);
}

/** What stands between `<!-- name -->` and `<!-- /name -->` is replaced. */
function filled(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no place for ${name}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

/** Paths whose files are not as they should be. */
export async function stale(documents: ReadonlyMap<string, string>): Promise<string[]> {
  const paths: string[] = [];
  for (const [path, wanted] of documents) {
    const found = await readFile(path, 'utf8').catch(() => null);
    if (found !== wanted) paths.push(path);
  }
  return paths;
}
