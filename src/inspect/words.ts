/** `in 12 s`, `in 3 min`; `now` once it is due. */
export function countdown(until: number, now: number): string {
  const left = Math.ceil((until - now) / 1_000);
  if (left <= 0) return 'now';
  if (left < 120) return `in ${left} s`;
  return left < 7_200 ? `in ${Math.round(left / 60)} min` : `in ${Math.round(left / 3_600)} h`;
}

const format = new Intl.DateTimeFormat('en-GB', {
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 },
});

export function clock(at: number): string {
  return format.format(at);
}

/** Characters of one value that are shown. */
const longest = 160;

/** A value in one line. */
export function valueWords(value: unknown): string {
  if (value === undefined) return '–';
  const text = JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}
