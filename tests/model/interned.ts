/** Values by number: equal keys have one. */
export class Interned<Value> {
  readonly #numbers = new Map<string, number>();
  readonly #values: Value[] = [];

  get size(): number {
    return this.#values.length;
  }

  add(key: string, value: Value): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#values.push(value) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  get(number: number): Value {
    const value = this.#values[number];
    if (value === undefined) throw new RangeError(`no value has the number ${number}`);
    return value;
  }
}
