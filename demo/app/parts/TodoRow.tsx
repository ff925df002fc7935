import { type MouseEvent, memo } from 'react';
import { useSelector } from 'react-redux';
import type { Todo } from '../createDemo.ts';
import { useDemo } from '../demoContext.ts';
import { focusNeighbour } from '../focusNeighbour.ts';
import { useAttempt } from '../noticeContext.ts';
import { CloseIcon } from './CloseIcon.tsx';
import { StatusChip } from './StatusChip.tsx';
import { TitleField } from './TitleField.tsx';

/** One record: every change is a write of its own, shown at once. */
export const TodoRow = memo(function TodoRow({ todo }: { readonly todo: Todo }) {
  const { sync } = useDemo();
  const attempt = useAttempt();
  const { id, done, counter = 0 } = todo;
  const title = String(todo.title);
  const status = useSelector((state: object) => sync.models.todo.selectRecordStatus(state, id));
  const change = (changes: Partial<Omit<Todo, 'id'>>) =>
    attempt(() => void sync.models.todo.update(id, changes));
  const remove = (event: MouseEvent<HTMLElement>) => {
    focusNeighbour(event.currentTarget);
    // The outbox can then still say what was deleted.
    attempt(() => void sync.models.todo.remove(id, { meta: title }));
  };
  return (
    <li className="row todo" data-testid="todo" data-id={id} data-status={status.status}>
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
        <button
          type="button"
          className="button small counter"
          aria-label={`Add 1 to ${title}`}
          onClick={() => change({ counter: counter + 1 })}
        >
          <span data-testid="counter">{counter}</span> +1
        </button>
        <button
          type="button"
          className="button small icon"
          aria-label={`Delete ${title}`}
          onClick={remove}
        >
          <CloseIcon />
        </button>
      </div>
    </li>
  );
});
