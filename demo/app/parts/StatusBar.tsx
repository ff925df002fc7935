import { useSync, useSyncStatus } from '../hooks.ts';
import { useAttempt } from '../noticeContext.ts';
import { calm, syncCounts, syncReason, syncTone, syncWord } from '../words/syncWords.ts';
import { clockTime } from '../words/texts.ts';

/** How things stand as a whole: a word with its colour, the reason, the counts, the last sync. */
export function StatusBar() {
  const sync = useSync();
  const attempt = useAttempt();
  const status = calm(useSyncStatus());
  const { lastSyncedAt } = status;
  const syncNow = async () => {
    await sync.resume();
    await sync.syncAll();
  };
  return (
    <div className="status" data-tone={syncTone(status)}>
      <p role="status" className="status-text">
        <strong className="chip" data-tone={syncTone(status)}>
          {syncWord(status)}
        </strong>
        <span>{syncReason(status)}</span>
      </p>
      <p className="status-facts quiet">
        {syncCounts(status).map((count) => (
          <span key={count}>{count}</span>
        ))}
        <span>
          {lastSyncedAt === null ? (
            'never synced'
          ) : (
            <>
              last synced{' '}
              <time dateTime={new Date(lastSyncedAt).toISOString()}>{clockTime(lastSyncedAt)}</time>
            </>
          )}
        </span>
        <button type="button" className="button small" onClick={() => attempt(syncNow)}>
          Sync now
        </button>
      </p>
    </div>
  );
}
