import { useCallback } from 'react';
import { useSelector } from 'react-redux';
import type { OutboxItem } from 'syncharts';
import { useDemo } from '../demoContext.ts';
import { useSampled } from '../useSampled.ts';
import { counted } from '../words/texts.ts';
import { ConflictCard } from './ConflictCard.tsx';
import { OperationRow } from './OperationRow.tsx';
import { useLimited } from './useLimited.tsx';

/** Dead letters that one request held were refused together and are decided together, at the first. */
function isFirstDead(items: readonly OutboxItem[], item: OutboxItem): boolean {
  const { recordId } = item.operation;
  const isDead = (each: OutboxItem) => each.deadLetter && each.operation.recordId === recordId;
  return item.deadLetter && items.find(isDead) === item;
}

/** Everything that the server does not have yet, in the order it was made, and the ways out. */
export function OutboxPanel() {
  const { sync } = useDemo();
  const status = useSelector(sync.selectSyncStatus);
  const items = useSampled(useCallback(() => sync.outbox.list(), [sync]));
  const conflicts = useSampled(useCallback(() => sync.conflicts.list(), [sync]));
  const { shown, more } = useLimited(items, 'operations');
  return (
    <section className="panel" aria-labelledby="outbox-title">
      <div className="panel-head">
        <h2 id="outbox-title" tabIndex={-1}>
          Outbox
        </h2>
        <span className="quiet" data-testid="outbox-count">
          {counted(items.length, 'operation')}
        </span>
      </div>
      {conflicts.length > 0 && (
        <ul className="rows" aria-label="Conflicts">
          {conflicts.map((conflict) => (
            <ConflictCard key={conflict.recordId} conflict={conflict} />
          ))}
        </ul>
      )}
      <ol className="rows" aria-label="Waiting operations">
        {shown.map((item) => (
          <OperationRow
            key={item.operation.id}
            item={item}
            sync={status}
            decides={isFirstDead(shown, item)}
          />
        ))}
      </ol>
      {more}
      {items.length === 0 && <p className="empty">Empty: the server has everything.</p>}
    </section>
  );
}
