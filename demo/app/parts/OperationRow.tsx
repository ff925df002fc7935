import { useSelector } from 'react-redux';
import type { OutboxItem, SyncStatus } from 'syncharts';
import { useDemo } from '../demoContext.ts';
import { focusNeighbour } from '../focusNeighbour.ts';
import { useAttempt } from '../noticeContext.ts';
import { changedFields, whyItWaits } from '../words/operationWords.ts';
import { shortId, shortKey } from '../words/texts.ts';
import { DeadLetterActions } from './DeadLetterActions.tsx';
import { StatusChip } from './StatusChip.tsx';

interface OperationRowProps {
  readonly item: OutboxItem;
  readonly sync: SyncStatus;
  /** Whether the ways out of a dead letter stand here. */
  readonly decides: boolean;
}

/** One waiting operation: what it changes, why it waits, and how to take it back. */
export function OperationRow({ item, sync: status, decides }: OperationRowProps) {
  const { sync } = useDemo();
  const attempt = useAttempt();
  const { operation, sealed, deadLetter } = item;
  const { id, kind, recordId, changes, meta } = operation;
  const record = useSelector((state: object) => sync.models.todo.selectById(state, recordId));
  const name = String(record?.title ?? changes.title ?? meta ?? shortId(recordId));
  const canCancel = !sealed && !deadLetter && item.status.status !== 'conflicted';

  const cancel = async () => {
    const answer = await sync.outbox.cancel(id);
    if (answer === 'tooLate') throw new Error('Too late to cancel: it is sealed.');
  };

  return (
    <li
      className="row operation"
      data-testid="operation"
      data-id={id}
      data-record={recordId}
      data-sealed={sealed}
      data-dead={deadLetter}
    >
      <div className="operation-head">
        <span className="kind">{kind}</span>
        <span className="name" title={name}>
          {name}
        </span>
        <StatusChip status={item.status} />
      </div>
      <p className="quiet fields">{changedFields(operation)}</p>
      <div className="operation-foot">
        <p className="why" data-testid="why">
          {deadLetter && !decides
            ? 'Refused together with the change above.'
            : whyItWaits(item, status)}
        </p>
        {canCancel && (
          <button
            type="button"
            className="button small"
            aria-label={`Cancel ${kind} of ${name}`}
            onClick={(event) => {
              focusNeighbour(event.currentTarget);
              attempt(cancel);
            }}
          >
            Cancel
          </button>
        )}
        <code className="key" title={`Operation ${id}`}>
          {shortKey(id)}
        </code>
      </div>
      {decides && <DeadLetterActions operation={operation} name={name} />}
    </li>
  );
}
