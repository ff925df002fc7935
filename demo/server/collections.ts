import type { JsonObject } from './json.ts';

/** Why a record is refused: a sentence, or a sentence tied to the field it is about. */
export type Refusal = string | { readonly path: string; readonly message: string };

/** One collection of the API: who names its records, and what a record must be. */
export interface CollectionConfig {
  readonly name: string;
  /** `client`: the id in the body counts. `server`: the server picks one and ignores the client's. */
  readonly ids: 'client' | 'server';
  readonly validate: (record: JsonObject) => Refusal | undefined;
}

function validateTodo(record: JsonObject): Refusal | undefined {
  const { title, done } = record;
  if (typeof title !== 'string' || title.trim() === '') {
    return { path: 'title', message: 'A todo needs a title.' };
  }
  if (title.length > 500) {
    return { path: 'title', message: 'A title has at most 500 characters.' };
  }
  if (done !== undefined && typeof done !== 'boolean') {
    return { path: 'done', message: 'done is true or false.' };
  }
  return undefined;
}

const anything = (): undefined => undefined;

export const defaultCollections: readonly CollectionConfig[] = [
  { name: 'todos', ids: 'client', validate: validateTodo },
  { name: 'notes', ids: 'server', validate: anything },
  { name: 'items', ids: 'client', validate: anything },
];
