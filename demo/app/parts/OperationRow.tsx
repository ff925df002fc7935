import { memo } from 'react';
import type { OutboxItem } from 'syncharts';
import { focusNeighbour } from '../focusNeighbour.ts';
import { useExplanation, useRecord, useSync } from '../hooks.ts';
import { useAttempt } from '../noticeContext.ts';
import { changedFields, nameOf } from '../words/operationWords.ts';
import { shortKey } from '../words/texts.ts';
import { StatusChip } from './StatusChip.tsx';

interface OperationRowProps {
  readonly item: OutboxItem;
  /** Whether it waits for an earlier change of its record. */
  readonly isBehind: boolean;
}

/** One waiting operation: what it changes, why it waits, and how to take it back. */
export const OperationRow = memo(function OperationRow({ item, isBehind }: OperationRowProps) {
  const sync = useSync();
  const attempt = useAttempt();
  const { operation, sealed, status } = item;
  const { id, kind, recordId } = operation;
  const name = nameOf(operation, useRecord('todo', recordId)?.title);
  const { sentence } = useExplanation('todo', recordId);
  const canCancel = !sealed && status.status !== 'conflicted';

  const cancel = async () => {
    const answer = await sync.outbox.cancel(id);
    if (answer === 'tooLate') throw new Error('Too late to cancel: it is sealed.');
  };

  return (
    <li className="row operation" data-record={recordId}>
      <div className="operation-head">
        <span className="kind">{kind}</span>
        <span className="name" title={name}>
          {name}
        </span>
        <StatusChip status={status} />
      </div>
      <p className="quiet fields">{changedFields(operation)}</p>
      <div className="operation-foot">
        <p className="why">
          {isBehind ? 'Behind an earlier change of the same record.' : sentence}
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
        <code title={`Operation ${id}`}>{shortKey(id)}</code>
      </div>
    </li>
  );
});
