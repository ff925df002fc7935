import { type JsonObject, sameJson } from '../../store/json.ts';
import { valueWords } from './words.ts';

export interface FieldTableProps {
  /** What the server confirmed last. */
  readonly base: JsonObject | null;
  /** With the changes that are not there yet. */
  readonly shown: JsonObject | null;
}

/** Fields of one record that are listed. */
const fieldLimit = 50;

/** What the server has beside what is shown here. */
export function FieldTable({ base, shown }: FieldTableProps) {
  const fields = [...new Set([...Object.keys(base ?? {}), ...Object.keys(shown ?? {})])];
  if (fields.length === 0) return null;
  return (
    <section>
      <h4>Record</h4>
      <table aria-label="Fields">
        <thead>
          <tr>
            <th scope="col">field</th>
            <th scope="col">on the server</th>
            <th scope="col">shown here</th>
          </tr>
        </thead>
        <tbody>
          {fields.slice(0, fieldLimit).map((field) => (
            <tr key={field} data-changed={!sameJson(base?.[field], shown?.[field])}>
              <th scope="row">{field}</th>
              <td>{valueWords(base?.[field])}</td>
              <td>{valueWords(shown?.[field])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
