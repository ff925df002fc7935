import { type MouseEvent, memo, useId, useState } from 'react';
import type { Todo } from '../createDevice.ts';
import { focusNeighbour } from '../focusNeighbour.ts';
import { useRecord, useRecordStatus, useWrites } from '../hooks.ts';
import { useAttempt } from '../noticeContext.ts';
import { ChevronIcon } from './ChevronIcon.tsx';
import { CloseIcon } from './CloseIcon.tsx';
import { StatusChip } from './StatusChip.tsx';
import { TitleField } from './TitleField.tsx';
import { TodoDetail } from './TodoDetail.tsx';

/** One record: every change is a write of its own, shown at once. */
export const TodoRow = memo(function TodoRow({ id }: { readonly id: string }) {
  const todo = useRecord('todo', id);
  const status = useRecordStatus('todo', id);
  const { update, remove } = useWrites('todo');
  const attempt = useAttempt();
  const [isOpen, setOpen] = useState(false);
  const detailId = useId();
  if (!todo) return null;

  const { done, counter = 0 } = todo;
  const title = String(todo.title);
  const change = (changes: Partial<Omit<Todo, 'id'>>) => attempt(() => void update(id, changes));
  const drop = (event: MouseEvent<HTMLElement>) => {
    focusNeighbour(event.currentTarget);
    // The outbox can then still say what was deleted.
    attempt(() => void remove(id, { meta: title }));
  };
  return (
    <li className="row" aria-label={title}>
      <div className="todo">
        <input
          type="checkbox"
          className="check"
          aria-label={`Done: ${title}`}
          checked={done === true}
          onChange={(event) => change({ done: event.target.checked })}
        />
        <TitleField
          title={title}
          isDone={done === true}
          onChange={(next) => change({ title: next })}
        />
        <div className="row-end">
          <StatusChip status={status} />
          <span className="count">
            <span className="unseen">counter </span>
            {counter}
          </span>
          <button
            type="button"
            className="button small"
            aria-label={`+1 to ${title}`}
            onClick={() => change({ counter: counter + 1 })}
          >
            +1
          </button>
          <button
            type="button"
            className="button small icon"
            aria-label={`Details of ${title}`}
            aria-expanded={isOpen}
            aria-controls={detailId}
            onClick={() => setOpen(!isOpen)}
          >
            <ChevronIcon />
          </button>
          <button
            type="button"
            className="button small icon"
            aria-label={`Delete ${title}`}
            onClick={drop}
          >
            <CloseIcon />
          </button>
        </div>
      </div>
      <div id={detailId}>{isOpen && <TodoDetail todo={todo} />}</div>
    </li>
  );
});
