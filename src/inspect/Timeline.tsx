import { useState } from 'react';
import type { LaneRef } from '../../store/facts.ts';
import type { TraceEntry } from '../trace.ts';
import { clock } from './words.ts';

/** Entries shown at once. */
const page = 100;

export interface TimelineProps {
  readonly entries: readonly TraceEntry[];
  readonly onPick: (record: LaneRef) => void;
}

/** Acts, rows, requests and states, newest first. */
export function Timeline({ entries, onPick }: TimelineProps) {
  const [limit, setLimit] = useState(page);
  if (entries.length === 0) {
    return <p className="sxi-quiet">Nothing has happened since this panel was opened.</p>;
  }
  return (
    <>
      <ol className="sxi-timeline" aria-label="Timeline">
        {entries.slice(0, limit).map(({ n, at, kind, record, sentence }) => (
          <li key={n} data-kind={kind}>
            <time>{clock(at)}</time>
            <span className="sxi-kind">{kind}</span>
            {record ? (
              <button type="button" onClick={() => onPick(record)}>
                {sentence}
              </button>
            ) : (
              <span>{sentence}</span>
            )}
          </li>
        ))}
      </ol>
      {entries.length > limit && (
        <button type="button" className="sxi-more" onClick={() => setLimit(limit + page)}>
          Show older ones
        </button>
      )}
    </>
  );
}
