import type { Row, WireAnswer, WireRequest } from './serverPort.ts';
import { problem } from './simAnswers.ts';
import { parsed } from './simProtocol.ts';

export const batchPath = 'sync/batch';

/** One operation of a batch, in the words of the batch. */
export interface BatchOperation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly ifMatch?: string;
  readonly contentType?: string;
  readonly body: unknown;
}

/** What a batch says of one operation. */
export interface BatchResult {
  readonly operationId: string;
  readonly status: number | 'notAttempted';
  readonly record?: unknown;
  readonly [more: string]: unknown;
}

/** The operations of a batch; null for what is none. */
export function operationsIn(body: string): readonly BatchOperation[] | null {
  const read = parsed(body);
  const list = 'value' in read ? (read.value as Row | null)?.operations : null;
  return Array.isArray(list) ? (list as BatchOperation[]) : null;
}

/** An operation as a request of its own. */
export function requestOf(operation: BatchOperation): WireRequest {
  const { operationId, method, path, ifMatch, contentType, body } = operation;
  return {
    ...{ method, path: path.replace(/^\//, '') },
    headers: {
      'idempotency-key': `"${operationId}"`,
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(contentType !== undefined && { 'content-type': contentType }),
    },
    body: body === null || body === undefined ? '' : JSON.stringify(body),
  };
}

/** The answer to an operation in the words of the batch: what was in headers stands beside the record. */
export function resultOf(operationId: string, { status, headers, body }: WireAnswer): BatchResult {
  const content = body === '' ? null : (JSON.parse(body) as Row);
  const told = {
    ...{ operationId, status },
    ...(headers.etag !== undefined && { version: Number(headers.etag.replaceAll('"', '')) }),
    ...(headers['last-operation-id'] !== undefined && {
      lastOperationId: headers['last-operation-id'],
    }),
    ...(headers['idempotency-replayed'] !== undefined && { replayed: true }),
  };
  if (content === null) return told;
  if (status < 300) return { ...told, record: content };
  const { record, ...error } = content;
  return { ...told, ...(record !== undefined && { record }), error };
}

export function resultsAnswer(results: readonly BatchResult[]): WireAnswer {
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, body: JSON.stringify({ results }) };
}

/** Many operations in one request, each with its own key, one after the other. */
export function batchAnswer(
  body: string,
  handle: (request: WireRequest) => WireAnswer,
): WireAnswer {
  const operations = operationsIn(body);
  if (!operations) return problem(400, 'bad-batch');
  return resultsAnswer(
    operations.map((operation) => resultOf(operation.operationId, handle(requestOf(operation)))),
  );
}
