import { useSelector } from 'react-redux';
import { useDemo } from '../demoContext.ts';
import { useAttempt } from '../noticeContext.ts';
import { syncCounts, syncReason, syncTone, syncWord } from '../words/syncWords.ts';
import { clockTime } from '../words/texts.ts';

/** How things stand as a whole: a word with its colour, the reason, the counts, the last sync. */
export function StatusBar() {
  const { sync } = useDemo();
  const attempt = useAttempt();
  const status = useSelector(sync.selectSyncStatus);
  const { phase, lastSyncedAt } = status;
  const syncNow = async () => {
    await sync.resume();
    await sync.syncAll();
  };
  return (
    <section className="status" aria-label="Sync status" data-phase={phase}>
      <p role="status" className="status-text" data-testid="sync-status" data-phase={phase}>
        <strong className="chip" data-tone={syncTone(status)}>
          {syncWord(status)}
        </strong>
        <span>{syncReason(status)}</span>
      </p>
      <p className="status-facts quiet">
        {syncCounts(status).map((count) => (
          <span key={count}>{count}</span>
        ))}
        <span data-testid="last-synced">
          {lastSyncedAt === null ? (
            'never synced'
          ) : (
            <>
              last synced{' '}
              <time dateTime={new Date(lastSyncedAt).toISOString()}>{clockTime(lastSyncedAt)}</time>
            </>
          )}
        </span>
      </p>
      <button type="button" className="button" onClick={() => attempt(syncNow)}>
        Sync now
      </button>
    </section>
  );
}
