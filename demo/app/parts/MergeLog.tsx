import { useConflictLog } from '../hooks.ts';
import { fieldSentence } from '../words/mergeWords.ts';
import { clockTime, shortId } from '../words/texts.ts';

/** What merges overwrote: one side stays, the other stands here. */
export function MergeLog() {
  const entries = useConflictLog({ limit: 20 });
  if (entries.length === 0) return null;
  return (
    <div className="part">
      <div className="panel-head">
        <h3>Merged</h3>
        <span className="quiet">what a merge overwrote is kept here</span>
      </div>
      <ul className="rows" aria-label="Merged">
        {entries.map((entry) => (
          <li className="row merge" key={`${entry.at} ${entry.recordId} ${entry.field}`}>
            <p>{fieldSentence(entry)}.</p>
            <p className="quiet facts">
              <time dateTime={new Date(entry.at).toISOString()}>{clockTime(entry.at)}</time>
              <code title={entry.recordId}>{shortId(entry.recordId)}</code>
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
}
