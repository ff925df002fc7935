import { defineModel } from 'syncharts';
import { rest } from 'syncharts/rest';

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  /** Set by a trigger whenever the row is written. */
  readonly updated_at?: string;
}

/** Rows of a page; at most what the server gives at once (`max-rows`). */
export const pageSize = 500;

/**
 * Rows that were written after the last one of this page: in this order none comes twice. An empty
 * page has no last one: the next is asked from where this one was.
 */
function pageOf(rows: readonly Todo[], cursor: string | null) {
  const last = rows.at(-1);
  const at = `"${last?.updated_at}"`;
  const after = `(updated_at.gt.${at},and(updated_at.eq.${at},id.gt."${last?.id}"))`;
  return { items: rows, cursor: last ? after : cursor, hasMore: rows.length === pageSize };
}

const byId = { url: '{endpoint}', urlParameters: { id: 'eq.{id}' } };
/** The row as the change was made on it: another version matches nothing. */
const byVersion = {
  url: '{endpoint}',
  urlParameters: { id: 'eq.{id}', updated_at: 'eq.{updated_at}' },
  headers: { Prefer: 'return=representation' },
};

export const models = {
  todo: defineModel<Todo>({
    endpoint: 'todos',
    version: 'updated_at',
    // PostgREST knows no merge patches: it sets the columns that it is sent.
    nulls: 'meaningful',
    requests: {
      create: { headers: { Prefer: 'return=representation' } },
      update: { ...byVersion, method: 'PATCH' },
      delete: byVersion,
      read: byId,
      list: {
        urlParameters: { or: '{cursor}', order: 'updated_at.asc,id.asc', limit: '{limit}' },
        limit: pageSize,
        responseTransformer: (data, cursor) => pageOf(data as unknown as readonly Todo[], cursor),
      },
    },
  }),
};

export const transport = (baseUrl: string, apikey: string, token: () => string | null) =>
  rest({
    baseUrl,
    headers: { apikey },
    auth: { token },
    idempotencyHeader: false,
    versioning: 'field',
  });
