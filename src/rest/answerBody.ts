import { copyJson, isJsonObject, type Json, type JsonObject } from '../../store/json.ts';

/** Bytes of an answer that can be taken whole: even packed as tightly as gzip can, it is in bounds. */
const smallAnswer = 15_000;
const jsonDepth = 64;

/** What came in an answer's body. */
export type Body =
  | { readonly kind: 'empty' }
  | { readonly kind: 'json'; readonly value: Json }
  /** A page for people: of a portal, a proxy, a server that is not the one that is meant. */
  | { readonly kind: 'page' }
  /** Half an answer, a foreign type, too much of it. */
  | { readonly kind: 'unreadable'; readonly reason: string };

const jsonType = /^application\/([\w.+-]+\+)?json\b/i;
const pageType = /^(?:text\/html|application\/xhtml\+xml)\b/i;

/** Whether an answer is a page for people by its type. */
export function isPage(response: Response): boolean {
  return pageType.test(response.headers.get('content-type') ?? '');
}

/**
 * Reads a body of at most `limit` characters. `heard` is called whenever some of it has come. `maps`:
 * fields whose keys are names of records, of which one may well be "constructor". Rejects if the connection ends in the middle of it.
 */
export async function readBody(
  response: Response,
  limit: number,
  heard: () => void = () => {},
  maps: readonly string[] = [],
): Promise<Body> {
  const text = await readText(response, limit, heard);
  if (text === null) return { kind: 'unreadable', reason: 'the answer is too large' };
  if (text === '') return { kind: 'empty' };
  if (!jsonType.test(response.headers.get('content-type') ?? '')) {
    if (isPage(response) || /^\s*<(?:!doctype\s+html|html)\b/i.test(text)) return { kind: 'page' };
    return { kind: 'unreadable', reason: 'the answer is no JSON by its content type' };
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { kind: 'unreadable', reason: 'the answer is not whole or not JSON' };
  }
  return jsonBody(raw, Number.POSITIVE_INFINITY, maps);
}

/** What can be kept of a value: no prototypes, no abyss. */
export function jsonBody(raw: unknown, limit: number, maps: readonly string[] = []): Body {
  const copied = copyJson(raw, { depth: jsonDepth, size: limit, maps });
  return copied.ok
    ? { kind: 'json', value: copied.value }
    : { kind: 'unreadable', reason: `the answer can't be kept: ${copied.refusal.message}` };
}

async function readText(
  response: Response,
  limit: number,
  heard: () => void,
): Promise<string | null> {
  // The usual answer: a stream with its reader and decoder costs more than all the rest of it.
  const length = response.headers.get('content-length');
  if (length !== null && Number(length) <= smallAnswer) {
    const text = await response.text();
    return text.length > limit ? null : text;
  }
  if (!response.body) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    heard();
    text += decoder.decode(value, { stream: true });
    if (text.length > limit) {
      await reader.cancel();
      return null;
    }
  }
}

export function objectIn(body: Body): JsonObject | null {
  return body.kind === 'json' && isJsonObject(body.value) ? body.value : null;
}
