import { defineModel, type JsonObject } from 'syncharts';
import { rest } from 'syncharts/rest';

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  /** Given by the server. */
  readonly _rev?: string;
}

interface Stored {
  readonly _id: string;
  readonly _rev: string;
}

interface Changes {
  readonly results: readonly {
    readonly id: string;
    readonly deleted?: boolean;
    readonly doc?: Stored;
  }[];
  readonly last_seq: string | number;
}

/** The id goes in the address; in the document the server calls it `_id`. */
const toStored = ({ id: _, ...fields }: JsonObject) => fields;
const fromStored = ({ _id, ...fields }: Stored) => ({ ...fields, id: _id });

function pageOf({ results, last_seq }: Changes) {
  const changed = results.filter(({ id }) => !id.startsWith('_design/'));
  return {
    items: changed.flatMap(({ doc, deleted }) => (doc && !deleted ? [fromStored(doc)] : [])),
    deleted: changed.flatMap(({ id, deleted }) => (deleted ? [id] : [])),
    cursor: last_seq,
    // Not every server tells how many are left: the last page is the one with nothing in it.
    hasMore: results.length > 0,
  };
}

const put = {
  method: 'PUT',
  url: '{endpoint}/{id}',
  requestTransformer: toStored,
  // `{ ok, id, rev }` is no record: the kit reads the one that was made.
  responseTransformer: () => null,
} as const;

export const models = {
  todo: defineModel<Todo>({
    endpoint: 'todos',
    version: '_rev',
    requests: {
      create: put,
      update: put,
      delete: { urlParameters: { rev: '{_rev}' } },
      read: { responseTransformer: (data) => fromStored(data as unknown as Stored) },
      list: {
        url: '{endpoint}/_changes',
        urlParameters: { since: '{cursor}', limit: '{limit}', include_docs: true },
        responseTransformer: (data) => pageOf(data as unknown as Changes),
      },
    },
  }),
};

export const transport = (baseUrl: string) =>
  rest({ baseUrl, idempotencyHeader: false, versioning: 'field' });
