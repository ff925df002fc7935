import { useMemo } from 'react';
import { useAttempt } from '../noticeContext.ts';
import type { Server } from '../useServer.ts';
import { counted } from '../words/texts.ts';
import { Ledger } from './Ledger.tsx';
import { ServerRowItem } from './ServerRowItem.tsx';
import { useLimited } from './useLimited.tsx';

/** What the server has: looked at every second by the page, past the line that can be cut. */
export function ServerPanel({ server }: { readonly server: Server }) {
  const attempt = useAttempt();
  const { state, reachable } = server;
  const newestFirst = useMemo(() => (state?.rows.todos ?? []).toReversed(), [state]);
  const { shown, more } = useLimited(newestFirst, 'rows');
  return (
    <section className="panel" aria-labelledby="server-title">
      <div className="panel-head">
        <h2 id="server-title" tabIndex={-1}>
          Server
        </h2>
        <span className="quiet" data-testid="server-count">
          {reachable ? counted(newestFirst.length, 'row') : 'does not answer'}
        </span>
      </div>
      <p className="quiet hint">“Sync now” pulls what others do here.</p>
      <ul className="rows" aria-label="Server rows">
        {shown.map((row) => (
          <ServerRowItem
            key={row.id}
            row={row}
            onEdit={(changes) => attempt(() => server.edit(row.id, changes))}
            onRemove={() => attempt(() => server.remove(row.id))}
          />
        ))}
      </ul>
      {more}
      {newestFirst.length === 0 && <p className="empty">No rows yet.</p>}
      <Ledger effects={state?.ledger ?? []} />
    </section>
  );
}
