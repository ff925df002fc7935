import type { Todo } from '../createDevice.ts';
import { useExplanation, useRecordOutbox } from '../hooks.ts';
import { useServerView } from '../serverContext.ts';
import { changedFields } from '../words/operationWords.ts';
import { shortKey, shortValue } from '../words/texts.ts';

const fields = ['title', 'done', 'counter'] as const;

/** Where one record is and why, what it is here and on the server, and what of it still waits. */
export function TodoDetail({ todo }: { readonly todo: Todo }) {
  const { id } = todo;
  const { sentence } = useExplanation('todo', id);
  const waiting = useRecordOutbox('todo', id);
  const row = useServerView().state?.rows.todos.find((each) => each.id === id);
  const theirs = row?.record ?? null;
  return (
    <div className="detail">
      <p>{sentence}</p>
      <table
        className="facts-table fields-table"
        aria-label={`${todo.title}, here and on the server`}
      >
        <colgroup>
          <col />
          <col span={2} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Here</th>
            <th scope="col">{theirs ? `Server, version ${row?.version}` : 'Server'}</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field}>
              <th scope="row">{field}</th>
              <td>{shortValue(todo[field])}</td>
              <td>{theirs ? shortValue(theirs[field]) : 'not there'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {waiting.length > 0 && (
        <ol className="detail-operations" aria-label="Changes that wait">
          {waiting.map(({ operation, sealed }) => (
            <li key={operation.id}>
              <span className="kind">{operation.kind}</span> {changedFields(operation)}{' '}
              <span className="quiet">
                {sealed ? 'sealed' : 'not sealed'}, <code>{shortKey(operation.id)}</code>
              </span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
