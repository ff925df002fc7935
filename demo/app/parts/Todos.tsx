import { useDeferredValue, useState } from 'react';
import { useRecordIds, useRecordTotal } from '../hooks.ts';
import { useLimit } from '../useLimit.ts';
import { searchQuery } from '../words/searchQuery.ts';
import { counted } from '../words/texts.ts';
import { AddMany } from './AddMany.tsx';
import { AddTodo } from './AddTodo.tsx';
import { ShowMore } from './ShowMore.tsx';
import { TodoRow } from './TodoRow.tsx';

/** What this device has: read from its store, whatever the network does. */
export function Todos() {
  const [search, setSearch] = useState('');
  const [limit, raise] = useLimit();
  const query = searchQuery(useDeferredValue(search));
  const ids = useRecordIds('todo', { ...query, limit });
  const found = useRecordTotal('todo', query);
  const total = useRecordTotal('todo');
  return (
    <div className="part">
      <AddTodo />
      <div className="search">
        <input
          type="search"
          className="field"
          aria-label="Search titles"
          placeholder="Search titles"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <span className="quiet" role="status" aria-label="Todos found">
          {found === total
            ? counted(total, 'todo')
            : `${found.toLocaleString('en')} of ${counted(total, 'todo')}`}
        </span>
      </div>
      <ul className="rows" aria-label="Todos">
        {ids.map((id) => (
          <TodoRow key={id} id={id} />
        ))}
      </ul>
      <ShowMore hidden={found - ids.length} noun="todos" onPress={raise} />
      {found === 0 && (
        <p className="empty">
          {total === 0 ? 'Nothing to do. Add something above.' : 'No title has that in it.'}
        </p>
      )}
      <AddMany />
    </div>
  );
}
