import type { Row } from './fold.ts';
import { canonical, freshId, type RecordModel, type Request } from './recordModel.ts';
import { folded, type Made, type MoveOptions, type RecordMove, type View } from './recordMove.ts';

/** Acts of people become durable, or are refused (`src/journal/journal.ts`). */
export function diskMoves(record: RecordModel, view: View, options: MoveOptions): RecordMove[] {
  const [first, ...rest] = record.tail;
  if (!view.folds || !first) return [];
  const label = `the disk has what is ${first.type}`;
  const owed = record.owed | (first.type === 'recorded' ? first.operation.write : 0);
  const made: Made = { label, actor: 'disk', heals: true };
  const durable = folded({ ...record, tail: rest, owed }, first, made, options);
  // It goes with what was made on it; nobody was told that it is saved.
  const refused: RecordMove = {
    label: `the disk refuses what is ${first.type}`,
    actor: 'disk',
    heals: false,
    next: canonical({ ...record, tail: [] }),
  };
  return [durable, refused];
}

/**
 * What the scheduler decides (`src/engine/sending/pusher.ts`), and what a pull brings. A row that was decided
 * on waits in the journal: it may be written after the engine was paused or the network had gone; or
 * before the probe is answered (`Pusher.prepare`).
 */
export function schedulerMoves(
  record: RecordModel,
  view: View,
  options: MoveOptions,
): RecordMove[] {
  const moves: RecordMove[] = [];
  const isPending = view.leads && record.state === 'pending';
  if (options.scheduler.maySeal(record, view)) moves.push(...seals(record, false, options));
  else if (isPending) moves.push(...seals(record, true, options));
  if (options.scheduler.maySend(record, view)) moves.push(sends(record));
  // Others deleted it, or changed it; while a request is under way its answer tells.
  if (isPending) {
    const ids = record.outbox.map((operation) => operation.id);
    const made: Made = { label: 'a pull brings a conflict', actor: 'server' };
    moves.push(folded(record, { type: 'parked', reason: 'conflict', ids }, made, options));
    const resolved = { type: 'resolved', by: 'policy', ids, behind: null } as const;
    const write = record.outbox[0]?.write ?? 0;
    const operation = { id: freshId(record), write };
    const pulled = (label: string, row: Row) =>
      moves.push(folded(record, row, { label, actor: 'server' }, options));
    pulled('a pull brings theirs, which stands', { ...resolved, operation: null });
    pulled('a pull brings theirs, ours stands', { ...resolved, operation });
  }
  return moves;
}

function seals(record: RecordModel, isLate: boolean, options: MoveOptions): RecordMove[] {
  const moves: RecordMove[] = [];
  const ids = record.outbox.map((operation) => operation.id);
  const when = isLate ? ', decided before,' : '';
  // How many operations coalesce depends on what they say: any leading run may.
  for (let count = 1; count <= ids.length; count++) {
    const made: Made = {
      ...{ label: `the kit${when} seals ${count} of ${ids.length}`, actor: 'kit' },
      ...{ heals: !isLate, scheduled: isLate ? 'sealsLate' : 'seals' },
    };
    const move = folded(record, { type: 'sealed', ids: ids.slice(0, count) }, made, options);
    const again = record.sealed.length > 0 && !move.problem;
    const problem = { property: 'sealed', why: 'it was sealed before' } as const;
    moves.push(again ? { ...move, problem } : move);
  }
  // A create that is deleted before anybody saw it needs no request.
  for (let count = 2; count <= ids.length; count++) {
    const made: Made = { label: `the kit${when} drops ${count}: nothing to send`, actor: 'kit' };
    moves.push(folded(record, { type: 'cancelled', ids: ids.slice(0, count) }, made, options));
  }
  return moves;
}

function sends(record: RecordModel): RecordMove {
  const wasWaiting = record.state === 'backoff';
  const request: Request = { phase: 'sent', ids: record.sealed };
  return {
    label: wasWaiting ? 'the wait is over, the kit sends' : 'the kit sends',
    actor: wasWaiting ? 'time' : 'kit',
    heals: true,
    scheduled: 'sends',
    next: canonical({ ...record, requests: [...record.requests, request] }),
  };
}
