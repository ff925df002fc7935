/** A text that is replaced in one file of the kit. */
export interface Edit {
  /** From the project's root. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A mistake that somebody could make, planted in a copy of the kit to see whether it is found. */
export interface Plant {
  readonly id: string;
  /** The promise that it breaks. */
  readonly promise: string;
  /** Several where the kit guards the promise twice: one guard alone would cover for the other. */
  readonly edits: readonly Edit[];
  /** Of which days: those on which each device has several tabs, or a second shelf (default: all). */
  readonly days?: 'tabs' | 'shelf';
  /**
   * Found by the exhaustive mode instead of random days: a crash at every step of a scenario, or a stop
   * of one of two tabs at every moment.
   */
  readonly by?: 'crashes' | 'stops';
}

/** The code has changed under a plant: it can not be planted as it is written. */
export class PlantRotted extends Error {
  override readonly name = 'PlantRotted';
}

/**
 * The texts of the files that a plant changes, by path.
 * @throws PlantRotted where a text to replace is not there, or is there more than once
 */
export function planted(plant: Plant, read: (file: string) => string): Map<string, string> {
  const files = new Map<string, string>();
  for (const { file, find, replace } of plant.edits) {
    const before = files.get(file) ?? read(file);
    const times = before.split(find).length - 1;
    if (times !== 1) {
      throw new PlantRotted(
        `the plant "${plant.id}" has rotted: ${file} holds ${times} times, not once:\n${find}`,
      );
    }
    files.set(
      file,
      before.replace(find, () => replace),
    );
  }
  return files;
}
