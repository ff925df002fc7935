import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Plant, planted } from './plant.ts';

/** The project's root. */
const project = join(import.meta.dirname, '../../..');

/** The text of a file of the kit as it is. */
export function readSource(file: string): string {
  return readFileSync(join(project, file), 'utf8');
}

/** A copy of the kit that is thrown away after use. */
export interface Copy extends Disposable {
  readonly root: string;
}

/** A copy of the kit with a bug in it; without a plant, as it is. */
export function copyOf(plant: Plant | null): Copy {
  const changed = plant ? planted(plant, readSource) : new Map<string, string>();
  const root = mkdtempSync(join(tmpdir(), 'planted-'));
  for (const folder of ['machines', 'store', 'src']) {
    cpSync(join(project, folder), join(root, folder), { recursive: true });
  }
  cpSync(join(project, 'package.json'), join(root, 'package.json'));
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'));
  for (const [file, text] of changed) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
