/** The forms of a date in HTTP (RFC 9110, 5.6.7), and ISO 8601. */
const httpDate = /^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? |\d{4}-\d\d-\d\dT)/i;

// biome-ignore lint/style/noRestrictedGlobals: it reads a text and asks no clock.
const parsed = (text: string) => Date.parse(text);

/** ms since 1970; NaN where there is no date that can be read. */
export function timeOf(text: string | null): number {
  if (text === null || !httpDate.test(text)) return Number.NaN;
  return parsed(/gmt|z|[+-]\d\d:?\d\d$/i.test(text) ? text : `${text} GMT`);
}
