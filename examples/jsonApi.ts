import { defineModel, type Json, type JsonObject } from 'syncharts';
import { rest } from 'syncharts/rest';

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
}

function fromResource(resource: Json) {
  const { id, attributes } = resource as { id: string; attributes: object };
  return { ...attributes, id };
}

const resource = {
  headers: { 'Content-Type': 'application/vnd.api+json' },
  requestTransformer: ({ id: _, ...attributes }: JsonObject, id: string | null) => ({
    data: { type: 'todos', id, attributes },
  }),
  responseDataKey: 'data',
  responseTransformer: fromResource,
};

export const models = {
  todo: defineModel<Todo>({
    endpoint: 'todos',
    // Attributes are replaced, and null means null.
    nulls: 'meaningful',
    requests: {
      create: resource,
      update: { ...resource, method: 'PATCH' },
      read: { responseDataKey: 'data', responseTransformer: fromResource },
      list: {
        urlParameters: { 'page[number]': '{page}', 'page[size]': '{limit}' },
        limit: 100,
        responseDataKey: 'data',
        responseTransformer: (resources) => (resources as readonly Json[]).map(fromResource),
      },
    },
  }),
};

export const transport = (baseUrl: string, token: () => string | null) =>
  rest({
    baseUrl,
    headers: { Accept: 'application/vnd.api+json' },
    auth: { token },
    idempotencyHeader: false,
    versioning: 'none',
  });
