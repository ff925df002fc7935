import { noPages } from '../../../store/pages.ts';
import { PagesDraft } from '../../../store/pagesDraft.ts';

/**
 * Values by a record's id, in the order in which the ids came first: for as many ids as a pull brings.
 * It is no `Map`, because V8 enters every text that a Map or a Set is asked for into its one table of
 * names, and goes through all of that table in each full collection of garbage: a million ids that were
 * looked up once made each of them 25 ms longer, in one task, as long as the records lived (measured,
 * Chromium 153).
 */
export class ById<V> {
  readonly #places = new PagesDraft<number>(noPages());
  readonly #values: (V | undefined)[] = [];

  get size(): number {
    return this.#places.size;
  }

  get(id: string): V | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.#values[place];
  }

  /** In the place of the value that it had, or else after all others. */
  set(id: string, value: V): void {
    const place = this.#places.get(id) ?? this.#values.length;
    if (place === this.#values.length) this.#places.set(id, place);
    this.#values[place] = value;
  }

  delete(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#places.delete(id);
    this.#values[place] = undefined;
  }

  *values(): Generator<V> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }
}
