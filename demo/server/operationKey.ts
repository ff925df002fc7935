import { type Answer, problem } from './answer.ts';

const SHAPE = /^[\x21\x23-\x7e]{1,255}$/;

/** Takes `"<id>"` as the draft has it, and the bare id; undefined when it is neither. */
export function parseKey(header: string): string | undefined {
  const text = header.trim();
  const key = /^"(.*)"$/.exec(text)?.[1] ?? text;
  return SHAPE.test(key) ? key : undefined;
}

export function inProgress(): Answer {
  return problem(
    409,
    'idempotency-in-progress',
    'A request with this Idempotency-Key is under way.',
    {},
    { 'Retry-After': '1' },
  );
}
