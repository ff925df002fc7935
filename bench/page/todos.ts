import { defineModel } from 'syncharts';

/** A record of about 150 bytes as JSON. */
export type Todo = {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  readonly note: string;
  readonly counter: number;
};

export const models = { todo: defineModel<Todo>({ endpoint: 'todos' }) };

/** Ids that look like a uuid v7 and stand in order, as a server's would. */
export function idOf(n: number): string {
  return `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;
}

export function withoutId(n: number): Omit<Todo, 'id'> {
  const note = 'semi-skimmed, the green one';
  return { title: `Buy milk number ${n}`, done: n % 3 === 0, note, counter: n };
}

export function makeTodos(count: number): Todo[] {
  return Array.from({ length: count }, (_, n) => ({ id: idOf(n), ...withoutId(n) }));
}

/** Where in a table the n-th edit lands: spread over all of it, never twice the same in a row. */
export function spread(n: number, count: number): string {
  return idOf((n * 7_919 + 13) % count);
}
