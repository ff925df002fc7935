import type { Acknowledgement } from '../pages/writes.ts';

/** ms */
const deadline = 30_000;

/** What the device was told is saved, kept where no kill of the browser reaches it. */
export class Acknowledged {
  readonly #all = new Map<string, Acknowledgement>();
  #changed: () => void = () => {};

  add(batch: readonly Acknowledgement[]): void {
    for (const one of batch) this.#all.set(one.operationId, one);
    this.#changed();
  }

  get count(): number {
    return this.#all.size;
  }

  get ids(): string[] {
    return [...this.#all.keys()];
  }

  values(): Iterable<Acknowledgement> {
    return this.#all.values();
  }

  /** Forgets what needs no more watching. */
  keepOnly(wanted: (one: Acknowledgement) => boolean): void {
    for (const [id, one] of this.#all) if (!wanted(one)) this.#all.delete(id);
  }

  /** Resolves in the turn in which the last of so many arrives. */
  async reach(count: number): Promise<void> {
    const late = AbortSignal.timeout(deadline);
    while (this.#all.size < count) {
      await new Promise<void>((resolve, reject) => {
        this.#changed = resolve;
        late.addEventListener('abort', () =>
          reject(new Error(`${this.#all.size} of ${count} edits were saved in ${deadline} ms`)),
        );
      });
    }
  }
}
