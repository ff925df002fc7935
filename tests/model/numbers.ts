/** A list of 32-bit numbers that grows; millions of them are no burden. */
export class Numbers {
  #values = new Int32Array(1_024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(place: number): number {
    const value = place < this.#length ? this.#values[place] : undefined;
    if (value === undefined) throw new RangeError(`the list has no place ${place}`);
    return value;
  }

  /** A view of all of them, until the next is pushed. */
  all(): Int32Array {
    return this.#values.subarray(0, this.#length);
  }

  /** The place of the new number. */
  push(value: number): number {
    if (this.#length === this.#values.length) {
      const larger = new Int32Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length] = value;
    return this.#length++;
  }
}
