import type { ServerRow } from '../control.ts';
import { focusNeighbour } from '../focusNeighbour.ts';
import { shortId } from '../words/texts.ts';

interface ServerRowItemProps {
  readonly row: ServerRow;
  readonly onEdit: (changes: object) => void;
  readonly onRemove: () => void;
}

/** A title that shows whose it is, and that is another one each time. */
function theirTitle(title: string, version: number): string {
  return `${title.replace(/ \(theirs \d+\)$/, '').slice(0, 480)} (theirs ${version + 1})`;
}

/** One row as the server has it, with what somebody else could do to it. */
export function ServerRowItem({ row, onEdit, onRemove }: ServerRowItemProps) {
  const { id, record, version, deleted } = row;
  const title = String(record?.title ?? '');
  const name = deleted ? shortId(id) : title;
  return (
    <li
      className="row server-row"
      data-testid="server-row"
      data-id={id}
      data-version={version}
      data-deleted={deleted}
    >
      <span className="name" title={title}>
        {deleted ? 'deleted' : title}
      </span>
      <span className="quiet facts">
        <code title={id}>{shortId(id)}</code>
        {record && <span>{record.done === true ? 'done' : 'open'}</span>}
        {record && <span>counter {String(record.counter ?? 0)}</span>}
        <span>version {version}</span>
      </span>
      {!deleted && (
        <fieldset className="actions" aria-label={`Someone else, on ${name}`}>
          <button
            type="button"
            className="button small"
            onClick={() => onEdit({ title: theirTitle(title, version) })}
          >
            Someone else edits
          </button>
          <button
            type="button"
            className="button small"
            onClick={({ currentTarget }) => {
              focusNeighbour(currentTarget);
              onRemove();
            }}
          >
            … deletes
          </button>
        </fieldset>
      )}
    </li>
  );
}
