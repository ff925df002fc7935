import { type Answer, problem } from './answer.ts';
import { isTagList } from './entityTags.ts';
import { isObject, type Json, type JsonObject, JsonRefused, parseJson } from './json.ts';
import { parseKey } from './operationKey.ts';
import type { WriteMethod } from './writeRequest.ts';

/** One operation of a batch, in the words of the batch. */
export interface BatchOperation {
  readonly operationId: string;
  readonly method: WriteMethod;
  /** As a request of its own would have it, with or without the first slash. */
  readonly path: string;
  readonly ifMatch: string | undefined;
  readonly contentType: string | undefined;
  /** As text, as a request of its own would carry it; empty for none. */
  readonly body: string;
}

/** The operations of a batch, or why it is refused as a whole. */
export type ParsedBatch = readonly BatchOperation[] | Answer;

const MAX_OPERATIONS = 100;
const METHODS: ReadonlySet<unknown> = new Set(['POST', 'PATCH', 'PUT', 'DELETE']);

function refused(detail: string): Answer {
  return problem(400, 'bad-batch', 'The batch cannot be read.', { detail });
}

function optionalText(value: Json | undefined): string | undefined | null {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : null;
}

function operationOf(value: Json): BatchOperation | undefined {
  if (!isObject(value)) return undefined;
  const { operationId, method, path, body = null } = value;
  const ifMatch = optionalText(value.ifMatch);
  const contentType = optionalText(value.contentType);
  if (typeof operationId !== 'string' || parseKey(operationId) !== operationId) return undefined;
  if (!METHODS.has(method) || typeof path !== 'string') return undefined;
  if (ifMatch === null || (ifMatch !== undefined && !isTagList(ifMatch))) return undefined;
  if (contentType === null) return undefined;
  return {
    ...{ operationId, path, ifMatch, contentType },
    method: method as WriteMethod,
    body: body === null ? '' : JSON.stringify(body),
  };
}

export function parseBatch(text: string): ParsedBatch {
  let batch: JsonObject;
  try {
    const value = parseJson(text);
    if (!isObject(value)) return refused('Send { operations: [...] }.');
    batch = value;
  } catch (error) {
    if (error instanceof JsonRefused) return refused(error.message);
    throw error;
  }
  const { operations, atomic = false } = batch;
  // All or nothing would need to take back what was done under keys that were used one by one before.
  if (atomic !== false) {
    return problem(422, 'atomic-unsupported', 'Each operation stands for itself here.');
  }
  if (!Array.isArray(operations)) return refused('operations must be a list.');
  if (operations.length > MAX_OPERATIONS) {
    return problem(413, 'batch-too-large', `A batch has at most ${MAX_OPERATIONS} operations.`);
  }
  const parsed: BatchOperation[] = [];
  const seen = new Set<string>();
  for (const [i, value] of operations.entries()) {
    const operation = operationOf(value);
    if (operation === undefined) return refused(`operations[${i}] is none.`);
    if (seen.has(operation.operationId)) return refused(`operations[${i}] comes twice.`);
    seen.add(operation.operationId);
    parsed.push(operation);
  }
  return parsed;
}

export function isRefusal(parsed: ParsedBatch): parsed is Answer {
  return !Array.isArray(parsed);
}
