import { median } from '../figures.ts';
import { markdown, ratio, time } from '../table.ts';

/** How ours stands to another: at most so many times its time. */
export interface Aim {
  readonly ours: string;
  readonly beside: string;
  /** Null: told, not judged. */
  readonly atMost: number | null;
}

/** Contenders that did the same work in the same run, in turns. */
export interface Comparison {
  /** What all of them did. */
  readonly name: string;
  /** The times of each, round by round (ms), by its name. */
  readonly times: Readonly<Record<string, readonly number[]>>;
  readonly aims: readonly Aim[];
}

const heads = ['what', 'who', 'median', 'ours beside it', 'aim', 'met'];

const yesOrNo = (is: boolean) => (is ? 'yes' : 'no');

function rowsOf({ name, times: measured, aims }: Comparison): string[][] {
  const medianOf = (who: string) => median(measured[who] ?? []);
  return Object.keys(measured).flatMap((who, i) => {
    const told = [i === 0 ? name : '', who, time(medianOf(who))];
    const against = aims.filter(({ ours, beside }) => beside === who && measured[ours]);
    if (against.length === 0) return [[...told, '', '', '']];
    return against.map(({ ours, atMost }, n) => {
      const times = medianOf(ours) / medianOf(who);
      const words = `${ratio(times)} (${ours})`;
      const judged = atMost === null ? ['', ''] : [`≤ ${ratio(atMost)}`, yesOrNo(times <= atMost)];
      return [...(n === 0 ? told : ['', '', '']), words, ...judged];
    });
  });
}

/** The result as a table of Markdown: a row for each contender, and for each further aim beside it. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  return markdown([heads, ...comparisons.flatMap(rowsOf)]);
}
