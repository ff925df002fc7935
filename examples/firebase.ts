import { defineModel } from 'syncharts';
import { rest } from 'syncharts/rest';

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
}

type Children = Readonly<Record<string, Omit<Todo, 'id'>>> | null;

const pageSize = 500;

/** The next page begins with the last of this one: it comes again, and changes nothing. */
function pageOf(children: Children) {
  const items = Object.entries(children ?? {}).map(([id, fields]) => ({ ...fields, id }));
  const hasMore = items.length === pageSize;
  return { items, hasMore, cursor: hasMore ? JSON.stringify(items.at(-1)?.id) : null };
}

const url = '{endpoint}/{id}.json';

export const models = {
  todo: defineModel<Todo>({
    endpoint: 'todos',
    // A PATCH replaces the children that it names; null removes one.
    nulls: 'meaningful',
    requests: {
      create: { method: 'PUT', url },
      update: { method: 'PATCH', url },
      delete: { url },
      read: { url, responseTransformer: (data) => data },
      list: {
        url: '{endpoint}.json',
        urlParameters: { orderBy: '"$key"', startAt: '{cursor}', limitToFirst: '{limit}' },
        limit: pageSize,
        responseTransformer: (data) => pageOf(data as unknown as Children),
      },
    },
  }),
};

export const transport = (baseUrl: string, token: () => Promise<string | null>) =>
  rest({
    baseUrl,
    auth: { token },
    idempotencyHeader: false,
    versioning: 'none',
    // An address without `.json` leads to a page for people.
    probe: 'todos.json?shallow=true',
  });
