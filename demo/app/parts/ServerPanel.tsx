import { useMemo } from 'react';
import { useServerView } from '../serverContext.ts';
import { useLimit } from '../useLimit.ts';
import { counted } from '../words/texts.ts';
import { Ledger } from './Ledger.tsx';
import { ServerRowItem } from './ServerRowItem.tsx';
import { ShowMore } from './ShowMore.tsx';

/** What the server has: looked at every second by the page, past the lines that can be cut. */
export function ServerPanel() {
  const { state, reachable } = useServerView();
  const [limit, raise] = useLimit();
  const newestFirst = useMemo(() => (state?.rows.todos ?? []).toReversed(), [state]);
  return (
    <section className="panel" aria-labelledby="server-title">
      <div className="panel-head">
        <h2 id="server-title">Server</h2>
        <span className="quiet">
          {reachable ? counted(newestFirst.length, 'row') : 'does not answer'}
        </span>
      </div>
      <ul className="rows" aria-label="Server rows">
        {newestFirst.slice(0, limit).map((row) => (
          <ServerRowItem key={row.id} row={row} />
        ))}
      </ul>
      <ShowMore hidden={newestFirst.length - limit} noun="rows" onPress={raise} />
      {newestFirst.length === 0 && <p className="empty">No rows yet.</p>}
      <Ledger effects={state?.ledger ?? []} />
    </section>
  );
}
