const time = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** Time of day, to the second. */
export function clockTime(at: number): string {
  return time.format(at);
}

/** `1 todo`, `2 todos`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Record ids begin with the time they were made at, so their ends tell them apart. */
export function shortId(id: string): string {
  return id.length > 8 ? `…${id.slice(-5)}` : id;
}

/** Operation ids are random throughout: the beginning will do. */
export function shortKey(key: string): string {
  return key.slice(0, 8);
}

export function secondsUntil(at: number, now: number): number {
  return Math.max(0, Math.ceil((at - now) / 1_000));
}

/** A field's value, as one reads it. */
export function shortValue(value: unknown): string {
  const text = typeof value === 'string' ? `“${value}”` : JSON.stringify(value ?? null);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
