import { type Answer, internalError, json } from './answer.ts';
import { type BatchOperation, isRefusal, type ParsedBatch } from './batchRequest.ts';
import type { ReferenceDatabase } from './database.ts';
import type { Json, JsonObject } from './json.ts';
import { inProgress } from './operationKey.ts';

export const BATCH_PATH = '/sync/batch';

export interface BatchOptions {
  /** What one operation comes to, as a request of its own. */
  readonly write: (operation: BatchOperation) => Answer;
  /** Keys whose first sending is still under way. */
  readonly busy: ReadonlySet<string>;
  /** Operations that are attempted; the rest is left for another time. */
  readonly attempts: number;
}

function member(body: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(body, name) ? body[name] : undefined;
}

/** One operation's answer, in the words of the batch: what was in headers stands beside the record. */
function resultOf(operationId: string, { status, headers, body }: Answer): JsonObject {
  const content = body === null ? null : (JSON.parse(body) as JsonObject);
  const tag = headers.ETag;
  const told = {
    operationId,
    status,
    ...(tag !== undefined && { version: Number(tag.replaceAll('"', '')) }),
    ...(headers['Last-Operation-Id'] !== undefined && {
      lastOperationId: headers['Last-Operation-Id'],
    }),
    ...(headers['Idempotency-Replayed'] !== undefined && { replayed: true }),
  };
  if (content === null) return told;
  if (status < 300) return { ...told, record: content };
  const { record: _, ...error } = content;
  const record = member(content, 'record');
  const retryAfter = headers['Retry-After'];
  return {
    ...told,
    ...(record !== undefined && { record }),
    error: { ...error, ...(retryAfter !== undefined && { retryAfter }) },
  };
}

/**
 * Many operations in one request. Each stands for itself under a key of its own, so that a resend in
 * another grouping meets what was done and does the rest; the batch itself has no key. One transaction
 * holds them all, so that the disk is waited for once: a server that dies in it has done none of them,
 * and has answered none. One in which the server fails is undone alone: the others would never get past it.
 */
export function batchAnswer(
  database: ReferenceDatabase,
  operations: ParsedBatch,
  { write, busy, attempts }: BatchOptions,
): Answer {
  if (isRefusal(operations)) return operations;
  const answerTo = (operation: BatchOperation) => {
    if (busy.has(operation.operationId)) return inProgress();
    try {
      return write(operation);
    } catch (error) {
      console.error(error);
      return internalError();
    }
  };
  const results = database.transaction(() =>
    operations.map((operation, i) => {
      const { operationId } = operation;
      if (i >= attempts) return { operationId, status: 'notAttempted' };
      return resultOf(operationId, answerTo(operation));
    }),
  );
  return json(200, { results });
}

/** Keys of a batch's operations; none where it can't be read. */
export function keysOfBatch(operations: ParsedBatch): string[] {
  return isRefusal(operations) ? [] : operations.map(({ operationId }) => operationId);
}
