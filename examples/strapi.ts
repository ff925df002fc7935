import { defineModel, type Json, type JsonObject } from 'syncharts';
import { rest } from 'syncharts/rest';

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  readonly createdAt?: string;
  readonly updatedAt?: string;
  readonly publishedAt?: string;
}

/** `documentId` is the one that stays; `id` is a row's. */
function fromEntry(entry: Json) {
  const { documentId, id: _, ...fields } = entry as { documentId: string; id: number };
  return { ...fields, id: documentId };
}

/** What the server sets, it does not take. */
const toEntry = ({ id, createdAt, updatedAt, publishedAt, ...fields }: JsonObject) => fields;

const entry = {
  topLevelKey: 'data',
  requestTransformer: toEntry,
  responseDataKey: 'data',
  responseTransformer: fromEntry,
};

export const models = {
  todo: defineModel<Todo>({
    endpoint: 'todos',
    ids: 'server',
    requests: {
      create: entry,
      update: { ...entry, method: 'PUT' },
      read: { responseDataKey: 'data', responseTransformer: fromEntry },
      list: {
        urlParameters: { 'pagination[page]': '{page}', 'pagination[pageSize]': '{limit}' },
        limit: 100,
        responseDataKey: 'data',
        responseTransformer: (entries) => (entries as readonly Json[]).map(fromEntry),
      },
    },
  }),
};

export const transport = (baseUrl: string, token: () => string | null) =>
  rest({ baseUrl, auth: { token }, idempotencyHeader: false, versioning: 'none' });
