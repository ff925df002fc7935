import { defineModel, type Json } from 'syncharts';
import { rest } from 'syncharts/rest';

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
}

/** Without the fields that are the server's own. */
function fromDocument(document: Json) {
  const { $id, ...fields } = document as { $id: string };
  const own = Object.entries(fields).filter(([name]) => !name.startsWith('$'));
  return { ...Object.fromEntries(own), id: $id };
}

export const models = {
  todo: defineModel<Todo>({
    endpoint: 'databases/main/collections/todos/documents',
    // A PATCH sets the attributes that it names.
    nulls: 'meaningful',
    requests: {
      create: {
        requestTransformer: ({ id: _, ...data }, documentId) => ({ documentId, data }),
        responseTransformer: fromDocument,
      },
      update: { method: 'PATCH', topLevelKey: 'data', responseTransformer: fromDocument },
      read: { responseTransformer: fromDocument },
      list: {
        urlParameters: {
          'queries[0]': '{{"method":"limit","values":[{limit}]}}',
          'queries[1]': '{{"method":"offset","values":[{offset}]}}',
        },
        limit: 100,
        responseDataKey: 'documents',
        responseTransformer: (documents) => (documents as readonly Json[]).map(fromDocument),
      },
    },
  }),
};

export const transport = (baseUrl: string, project: string, token: () => Promise<string | null>) =>
  rest({
    baseUrl,
    headers: { 'X-Appwrite-Project': project },
    auth: { token, header: 'X-Appwrite-JWT' },
    idempotencyHeader: false,
    versioning: 'none',
  });
