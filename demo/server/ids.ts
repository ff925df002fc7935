const MAX_LENGTH = 200;

/** True for ids that survive a URL and a database unchanged: no dot segments, no control characters, no half surrogates. */
export function isId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= MAX_LENGTH &&
    value !== '.' &&
    value !== '..' &&
    !/[\p{Cc}\p{Cs}]/u.test(value)
  );
}

/** Decodes one segment of a raw path, so that an id may hold a slash; undefined when it is malformed. */
export function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
