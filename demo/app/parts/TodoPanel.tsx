import { useDeferredValue, useMemo, useState } from 'react';
import { useSelector } from 'react-redux';
import type { Todo } from '../createDemo.ts';
import { useDemo } from '../demoContext.ts';
import { counted } from '../words/texts.ts';
import { AddTodo } from './AddTodo.tsx';
import { TodoRow } from './TodoRow.tsx';
import { useLimited } from './useLimited.tsx';

/** Newest first, because that is where one looks after adding. */
function matching(todos: readonly Todo[], search: string): readonly Todo[] {
  const wanted = search.trim().toLowerCase();
  const found =
    wanted === ''
      ? todos
      : todos.filter(({ title }) => String(title).toLowerCase().includes(wanted));
  return found.toReversed();
}

/** What this device has: read from the store, whatever the network does. */
export function TodoPanel() {
  const { sync } = useDemo();
  const todos = useSelector(sync.models.todo.selectAll);
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search);
  const all = useDeferredValue(todos);
  const found = useMemo(() => matching(all, wanted), [all, wanted]);
  const { shown, more } = useLimited(found, 'todos');
  return (
    <section className="panel" aria-labelledby="todos-title">
      <div className="panel-head">
        <h2 id="todos-title" tabIndex={-1}>
          This device
        </h2>
        <span className="quiet" data-testid="todo-count">
          {found.length === all.length
            ? counted(all.length, 'todo')
            : `${found.length.toLocaleString('en')} of ${counted(all.length, 'todo')}`}
        </span>
      </div>
      <AddTodo />
      <input
        type="search"
        className="field"
        aria-label="Search todos"
        placeholder="Search"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      <ul className="rows" aria-label="Todos">
        {shown.map((todo) => (
          <TodoRow key={todo.id} todo={todo} />
        ))}
      </ul>
      {more}
      {found.length === 0 && (
        <p className="empty">
          {all.length === 0 ? 'Nothing to do. Add something above.' : 'No todo has that title.'}
        </p>
      )}
    </section>
  );
}
