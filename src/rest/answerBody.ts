import { copyJson, isJsonObject, type Json, type JsonObject } from '../../store/json.ts';

/** Characters of an answer that are read; more is refused while it arrives. */
const answerLimit = 16_000_000;
/** Bytes of an answer that can be taken whole: even packed as tightly as gzip can, it is in bounds. */
const smallAnswer = 15_000;
/** A page's versions stand under the ids of its records: one of them may well be "constructor". */
const jsonLimits = { depth: 64, size: answerLimit, maps: ['versions'] } as const;

/** What came in an answer's body. */
export type Body =
  | { readonly kind: 'empty' }
  | { readonly kind: 'json'; readonly value: Json }
  /** Not what was asked for: HTML of a portal, half an answer, too much of it. */
  | { readonly kind: 'unreadable'; readonly reason: string };

const jsonType = /^application\/([\w.+-]+\+)?json\b/i;

/** Reads a body with a limit. Rejects if the connection ends in the middle of it. */
export async function readBody(response: Response): Promise<Body> {
  const text = await readText(response);
  if (text === null) return { kind: 'unreadable', reason: 'the answer is too large' };
  if (text === '') return { kind: 'empty' };
  if (!jsonType.test(response.headers.get('content-type') ?? '')) {
    return { kind: 'unreadable', reason: 'the answer is no JSON by its content type' };
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { kind: 'unreadable', reason: 'the answer is not whole or not JSON' };
  }
  const copied = copyJson(raw, jsonLimits);
  return copied.ok
    ? { kind: 'json', value: copied.value }
    : { kind: 'unreadable', reason: `the answer can't be kept: ${copied.refusal.message}` };
}

async function readText(response: Response): Promise<string | null> {
  // The usual answer: a stream with its reader and decoder costs more than all the rest of it.
  const length = response.headers.get('content-length');
  if (length !== null && Number(length) <= smallAnswer) {
    const text = await response.text();
    return text.length > answerLimit ? null : text;
  }
  if (!response.body) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > answerLimit) {
      await reader.cancel();
      return null;
    }
  }
}

export function objectIn(body: Body): JsonObject | null {
  return body.kind === 'json' && isJsonObject(body.value) ? body.value : null;
}
