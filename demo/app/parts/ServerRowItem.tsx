import type { ServerRow } from '../control.ts';
import { shortId } from '../words/texts.ts';

/** One row as the server has it. */
export function ServerRowItem({ row }: { readonly row: ServerRow }) {
  const { id, record, version, deleted } = row;
  const title = String(record?.title ?? '');
  return (
    <li className="row server-row" data-deleted={deleted}>
      <span className="name" title={title}>
        {deleted ? 'deleted' : title}
      </span>
      <span className="quiet facts">
        <code title={id}>{shortId(id)}</code>
        {record && <span>{record.done === true ? 'done' : 'open'}</span>}
        {record && <span>counter {String(record.counter ?? 0)}</span>}
        <span>version {version}</span>
      </span>
    </li>
  );
}
