import type { RecordStatus } from 'syncharts';
import { useClock } from '../useClock.ts';
import { secondsUntil } from '../words/texts.ts';

/** A record's status as word and colour; in backoff with the seconds until the next attempt. */
export function StatusChip({ status }: { readonly status: RecordStatus }) {
  const { status: word, retryAt } = status;
  const isCounting = word === 'backoff' && retryAt !== null;
  const now = useClock(isCounting);
  return (
    <span className="chip" data-tone={word}>
      {word}
      {isCounting && ` ${secondsUntil(retryAt, now)} s`}
    </span>
  );
}
