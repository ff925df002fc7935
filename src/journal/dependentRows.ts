import type { Facts } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import type { PersonRow } from '../../store/rows/row.ts';
import { lanesOfRow } from '../../store/slice.ts';

/**
 * What was made on a row that can not be stored: later acts on its record, writes that wait for one of
 * those, and writes that name a record which there will not be.
 *
 * @param rest the acts behind it, in order
 * @param namedBy lanes of the records that a write names
 */
export function dependentRows(
  facts: Facts,
  first: PersonRow,
  rest: readonly PersonRow[],
  namedBy: (row: PersonRow) => readonly string[],
): PersonRow[] {
  const lanes = new Set(lanesOfRow(first));
  const gone = new Set(operationIdsOf(first));
  const isMissing = (lane: string) => lanes.has(lane) && !isThere(facts, lane);
  return rest.filter((row) => {
    const waits = row.type === 'recorded' && row.operation.dependsOn?.some((id) => gone.has(id));
    const isOn = lanesOfRow(row).some((lane) => lanes.has(lane));
    if (!waits && !isOn && !namedBy(row).some(isMissing)) return false;
    for (const lane of lanesOfRow(row)) lanes.add(lane);
    for (const id of operationIdsOf(row)) gone.add(id);
    return true;
  });
}

/** Whether the record is on the server, or what makes it is on the disk. */
function isThere({ models, lanes }: Facts, lane: string): boolean {
  if (getIn(lanes, lane) !== undefined) return true;
  const [model = '', recordId = ''] = lane.split('\u0000');
  const records = models[model]?.records;
  return records !== undefined && getIn(records, recordId)?.base != null;
}

function operationIdsOf(row: PersonRow): string[] {
  return row.type === 'recorded' ? [row.operation.id] : [];
}
