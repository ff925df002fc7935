import { diskMoves, schedulerMoves } from './kitMoves.ts';
import { personMoves } from './personMoves.ts';
import type { RecordModel } from './recordModel.ts';
import type { MoveOptions, RecordMove, View } from './recordMove.ts';
import { requestMoves } from './requestMoves.ts';

/** Everything that may happen to a record where the device permits `view`. */
export function recordMoves(record: RecordModel, view: View, options: MoveOptions): RecordMove[] {
  return [
    ...personMoves(record, view, options),
    ...diskMoves(record, view, options),
    ...schedulerMoves(record, view, options),
    ...record.requests.flatMap((request) => requestMoves(record, request, view, options)),
  ];
}
