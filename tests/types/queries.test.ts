import { expectTypeOf, test } from 'vitest';
import { buildQuery, createSync, defineModel, type Query } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { memory } from '../../src/storage.ts';

interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  readonly priority: number;
  readonly status: 'open' | 'closed';
  readonly note?: string | null;
  readonly tags: readonly string[];
  readonly place: { readonly city: string };
}

const sync = createSync({
  name: 'queryTypes',
  models: { todo: defineModel<Todo>({ endpoint: 'todos' }) },
  transport: rest({ baseUrl: 'https://api.example.com' }),
  storage: memory(),
});

test('S5 S21: a query is typed by the fields of its model, end to end', () => {
  const { todo } = sync.models;
  expectTypeOf(todo.selectWhere).parameter(1).toEqualTypeOf<Query<Todo>>();
  expectTypeOf(todo.selectWhere).returns.toEqualTypeOf<readonly Todo[]>();
  expectTypeOf(todo.selectCountWhere).returns.toEqualTypeOf<number>();
  const right = [
    { where: { done: false, priority: { gte: 3, lt: 5 } }, orderBy: [['priority', 'desc'], 'id'] },
    { where: { status: 'open', note: null, title: { contains: 'milk' } }, limit: 20, offset: 40 },
    { where: { status: { in: ['open'], startsWith: 'o' }, note: { ne: 'x', isNull: false } } },
    { where: { tags: { contains: 'home' }, priority: { between: [1, 3] } } },
    { where: { or: [{ done: true }, { not: { and: [{ title: 'a' }] } }] } },
    { where: { place: { isNull: true } } },
    {},
  ] satisfies Query<Todo>[];
  expectTypeOf(right).toBeArray();
});

test('S5: a field of which nothing is known is compared with any plain value', () => {
  type Loose = { readonly id: string; readonly [field: string]: unknown };
  const loose: Query<Loose> = { where: { any: 1, other: { gte: 'a' }, id: 'x' }, orderBy: ['any'] };
  expectTypeOf(loose).toEqualTypeOf<Query<Loose>>();
});

test('S5: what no record of the model could meet does not compile', () => {
  const wrong: Query<Todo>[] = [
    // @ts-expect-error a field that the model does not have
    { where: { nope: 1 } },
    // @ts-expect-error a value of another type
    { where: { done: 'yes' } },
    // @ts-expect-error a word that the field never holds
    { where: { status: 'shut' } },
    // @ts-expect-error the same in a list
    { where: { status: { in: ['shut'] } } },
    // @ts-expect-error true and false have no order
    { where: { done: { gt: false } } },
    // @ts-expect-error a number has no beginning
    { where: { priority: { startsWith: '1' } } },
    // @ts-expect-error no operator
    { where: { priority: { above: 1 } } },
    // @ts-expect-error one bound is missing
    { where: { priority: { between: [1] } } },
    // @ts-expect-error no element of the list
    { where: { tags: { contains: 1 } } },
    // @ts-expect-error an object is compared by none of them
    { where: { place: { eq: { city: 'x' } } } },
    // @ts-expect-error the same inside of a group
    { where: { or: [{ nope: 1 }] } },
    // @ts-expect-error an order by a field that is not there
    { orderBy: ['nope'] },
    // @ts-expect-error no direction
    { orderBy: [['priority', 'down']] },
    // @ts-expect-error a part that a query does not have
    { skip: 1 },
  ];
  expectTypeOf(wrong).toBeArray();
});

test('S5 S21: the builder knows the fields, their operators and what each takes', () => {
  const built = buildQuery<Todo>()
    .where('priority', 'between', [1, 3])
    .where('status', 'in', ['open'])
    .where('note', 'eq', null)
    .where({ done: true })
    .whereAny({ title: { endsWith: '!' } }, { tags: { contains: 'x' } })
    .orderBy('priority', 'desc')
    .build();
  expectTypeOf(built).toEqualTypeOf<Query<Todo>>();
  const start = buildQuery<Todo>();
  const wrong = [
    // @ts-expect-error a field that the model does not have
    () => start.where('nope', 'eq', 1),
    // @ts-expect-error true and false have no order
    () => start.where('done', 'gt', true),
    // @ts-expect-error a value of another type
    () => start.where('priority', 'gte', '3'),
    // @ts-expect-error a word that the field never holds
    () => start.where('status', 'eq', 'shut'),
    // @ts-expect-error an order by a field that is not there
    () => start.orderBy('nope'),
  ];
  expectTypeOf(wrong).toBeArray();
});
