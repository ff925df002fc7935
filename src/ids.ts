/** Longest id that is made or taken here, in characters. */
const longest = 200;

/**
 * Why a text can be no record id, or null. Ids become path segments, keys on disk and parts of keys:
 * what none of these bears is refused, from people and from servers alike.
 */
export function idProblem(id: string): string | null {
  if (id === '') return 'must be a text that is not empty';
  if (id.length > longest) return `must not be longer than ${longest} characters`;
  // Even encoded they lead elsewhere: a URL is normalised.
  if (id === '.' || id === '..') return 'must not be "." or ".."';
  // A lone surrogate can't be encoded in a URL; control characters separate keys here.
  if (!id.isWellFormed()) return 'must be well-formed Unicode';
  for (let at = 0; at < id.length; at++) {
    if (id.charCodeAt(at) < 0x20) return 'must hold no control characters';
  }
  return null;
}

/** An id as the number that it is the text of; else as it is. */
export function asNumber(id: string): string | number {
  const number = Number(id);
  return Number.isSafeInteger(number) && String(number) === id ? number : id;
}
