import { type Answer, problem } from './answer.ts';
import type { Refusal } from './collections.ts';
import { conflict } from './recordAnswers.ts';
import type { RecordRow } from './recordsTable.ts';

export function malformed(detail: string): Answer {
  return problem(400, 'malformed-body', 'The body cannot be read.', { detail });
}

export function invalid(refusal: Refusal): Answer {
  const error = typeof refusal === 'string' ? { path: '', message: refusal } : refusal;
  return problem(422, 'invalid', 'The record is not valid.', {
    detail: error.message,
    errors: [error],
  });
}

export function preconditionFailed(row: RecordRow | undefined): Answer {
  return conflict(412, 'precondition-failed', 'The record has changed since.', row);
}
