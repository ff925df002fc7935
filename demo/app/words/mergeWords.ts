import type { Overwritten } from 'syncharts';
import { shortValue } from './texts.ts';

/** What a policy did when both sides had changed a record. */
export function mergeSentence(title: string, overwritten: readonly Overwritten[]): string {
  if (overwritten.length === 0) {
    return `Somebody else changed “${title}” too; both edits were merged.`;
  }
  return overwritten.map((each) => `${fieldSentence(each)}.`).join(' ');
}

/** Which side of a field stands, and which went to the log. */
export function fieldSentence({ field, local, remote, kept }: Overwritten): string {
  const [stays, goes] = kept === 'remote' ? ['theirs', 'mine'] : ['mine', 'theirs'];
  const [standing, gone] = kept === 'remote' ? [remote, local] : [local, remote];
  return `Both changed ${field}: ${stays} stays (${shortValue(standing)}), ${goes} was ${shortValue(gone)}`;
}
