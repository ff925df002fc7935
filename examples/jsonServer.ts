import { defineModel } from 'syncharts';
import { rest } from 'syncharts/rest';

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  readonly note?: string | null;
  readonly tags?: readonly string[];
}

export const models = {
  todo: defineModel<Todo>({
    endpoint: 'todos',
    // json-server knows no merge patches: it replaces the top-level fields that it is sent.
    nulls: 'meaningful',
    requests: {
      update: { method: 'PATCH' },
      list: { urlParameters: { _start: '{offset}', _limit: '{limit}' }, limit: 100 },
    },
  }),
};

export const transport = (baseUrl: string) =>
  rest({ baseUrl, idempotencyHeader: false, versioning: 'none' });
