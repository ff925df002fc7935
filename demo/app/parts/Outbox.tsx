import type { OutboxItem } from 'syncharts';
import { useConflicts, useDeadLetters, useOutbox } from '../hooks.ts';
import { useLimit } from '../useLimit.ts';
import { counted } from '../words/texts.ts';
import { ConflictCard } from './ConflictCard.tsx';
import { DeadLetterCard } from './DeadLetterCard.tsx';
import { OperationRow } from './OperationRow.tsx';
import { ShowMore } from './ShowMore.tsx';

/** The oldest operation of each record. */
function firstOfEach(items: readonly OutboxItem[]): ReadonlySet<OutboxItem> {
  const first = new Map<string, OutboxItem>();
  for (const item of items) {
    const { recordId } = item.operation;
    if (!first.has(recordId)) first.set(recordId, item);
  }
  return new Set(first.values());
}

/** Everything that the server does not have yet: what a person decides, then what waits its turn. */
export function Outbox() {
  const [limit, raise] = useLimit();
  const { items, total } = useOutbox({ limit });
  const conflicts = useConflicts();
  const letters = useDeadLetters();
  const waiting = items.filter(({ deadLetter }) => !deadLetter);
  const firsts = firstOfEach(items);
  return (
    <div className="part">
      <div className="panel-head">
        <h3 tabIndex={-1}>Outbox</h3>
        <span className="quiet">{counted(total, 'operation')}</span>
      </div>
      {conflicts.length + letters.length > 0 && (
        <ul className="cards" aria-label="For you to decide">
          {conflicts.map((conflict) => (
            <ConflictCard key={conflict.recordId} conflict={conflict} />
          ))}
          {letters.map((letter) => (
            <DeadLetterCard key={letter.operationId} letter={letter} />
          ))}
        </ul>
      )}
      <ol className="rows" aria-label="Waiting operations">
        {waiting.map((item) => (
          <OperationRow
            key={item.operation.id}
            item={item}
            isBehind={!item.sealed && !firsts.has(item)}
          />
        ))}
      </ol>
      <ShowMore hidden={total - items.length} noun="operations" onPress={raise} />
      {total === 0 && <p className="empty">Empty: the server has everything.</p>}
    </div>
  );
}
