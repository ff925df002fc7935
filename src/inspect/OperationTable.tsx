import type { Lane } from '../../store/facts.ts';
import type { Operation } from '../../store/rows/row.ts';

export interface OperationTableProps {
  readonly lane: Lane | undefined;
  readonly operations: readonly Operation[];
}

function placeOf(lane: Lane | undefined, id: string): string {
  if (lane?.sealed?.operationIds.includes(id)) return 'sealed';
  if (!lane?.parked?.operationIds.includes(id)) return 'waits';
  return lane.parked.reason === 'rejected' ? 'dead letter' : 'in conflict';
}

/** What is queued for a record, in order. */
export function OperationTable({ lane, operations }: OperationTableProps) {
  if (operations.length === 0) return null;
  const more = (lane?.count ?? 0) - operations.length;
  return (
    <section>
      <h4>Operations</h4>
      <table aria-label="Operations">
        <thead>
          <tr>
            <th scope="col">kind</th>
            <th scope="col">fields</th>
            <th scope="col">where</th>
            <th scope="col">id</th>
          </tr>
        </thead>
        <tbody>
          {operations.map(({ id, kind, changes }) => (
            <tr key={id}>
              <td>{kind}</td>
              <td>{Object.keys(changes).join(', ') || '–'}</td>
              <td>{placeOf(lane, id)}</td>
              <td className="sxi-id">{id}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <p className="sxi-quiet">and {more.toLocaleString('en')} more</p>}
    </section>
  );
}
