import { fold, isRefused } from './fold.ts';
import {
  type Act,
  allOperations,
  canonical,
  freshId,
  freshWrite,
  type Operation,
  type RecordModel,
} from './recordModel.ts';
import { folded, type MoveOptions, type RecordMove, type View } from './recordMove.ts';

/** What a person sees: the tail folded over what is durable (`shown`). */
function shownOf(record: RecordModel, options: MoveOptions): RecordModel {
  let shown = record;
  for (const act of record.tail) {
    const after = fold(shown, act, { law: options.law, onMove: () => {}, actor: 'person' });
    if (!isRefused(after)) shown = after;
  }
  return shown;
}

/** Everything that a person may do to a record here (`src/writes.ts`, `outbox.ts`, `conflicts.ts`). */
export function personMoves(record: RecordModel, view: View, options: MoveOptions): RecordMove[] {
  if (!view.accepts) return [];
  const moves: RecordMove[] = [];
  const act = (label: string, made: Act, heals: boolean) => {
    const next = canonical({ ...record, tail: [...record.tail, made] });
    moves.push({ label: `a person ${label}`, actor: 'person', heals, next });
  };
  const hasRoom = allOperations(record).length < options.operations;
  if (hasRoom) {
    const operation = { id: freshId(record), write: freshWrite(record) };
    act('edits', { type: 'recorded', operation }, false);
  }
  const others = record.tail.filter((item) => item.type !== 'recorded').length;
  // Without room for acts in the tail, a decision is durable in the same step.
  if (options.acts === 0 ? record.tail.length > 0 || !view.folds : others >= options.acts)
    return moves;
  for (const { label, made, heals } of decisions(shownOf(record, options), record, hasRoom)) {
    if (options.acts > 0) act(label, made, heals);
    else
      moves.push(
        folded(record, made, { label: `a person ${label}`, actor: 'person', heals }, options),
      );
  }
  return moves;
}

interface Decision {
  readonly label: string;
  readonly made: Act;
  readonly heals: boolean;
}

/** What is offered about operations that wait, by what is shown. */
function decisions(shown: RecordModel, record: RecordModel, hasRoom: boolean): Decision[] {
  const made: Decision[] = [];
  const all = shown.outbox.map((operation) => operation.id);
  const bound = [...shown.sealed, ...(shown.parked?.ids ?? [])];
  for (const [at, id] of all.entries()) {
    const following = all.slice(at);
    if (following.some((item) => bound.includes(item))) continue;
    const cancel = (ids: number[]) =>
      made.push({ label: `cancels ${ids.length}`, made: { type: 'cancelled', ids }, heals: false });
    cancel([id]);
    // A create takes its later edits with it.
    if (following.length > 1) cancel(following);
  }
  if (shown.state === 'synced' || !shown.parked) return made;
  const { reason, ids } = shown.parked;
  const first = (some: readonly Operation[]) => some[0]?.write ?? 0;
  const dead = shown.outbox.filter((item) => ids.includes(item.id));
  const behindIt = shown.outbox.filter((item) => !ids.includes(item.id));
  const fresh = freshId(record);
  if (reason === 'conflict') {
    const operation = { id: fresh, write: first(shown.outbox) };
    const resolved = { type: 'resolved', ids: all, behind: null } as const;
    made.push({ label: 'keeps theirs', made: { ...resolved, operation: null }, heals: true });
    made.push({ label: 'keeps ours', made: { ...resolved, operation }, heals: true });
    return made;
  }
  if (dead.length === 0) return made;
  const operation = { id: fresh, write: first(dead) };
  made.push({
    label: 'retries',
    made: { type: 'retried', ids, operation, behind: null },
    heals: true,
  });
  made.push({
    label: 'edits what was refused',
    made: { type: 'edited', ids, operation, behind: null },
    heals: true,
  });
  if (behindIt.length > 0 && (hasRoom || dead.length > 1)) {
    const behind = { id: fresh + 1, write: freshWrite(record) };
    made.push({
      label: 'edits what was refused and what stands behind it',
      made: { type: 'edited', ids, operation, behind },
      heals: true,
    });
  }
  made.push({ label: 'discards', made: { type: 'discarded', ids }, heals: true });
  if (behindIt.length > 0) {
    made.push({
      label: 'discards it and what stands behind it',
      made: { type: 'discarded', ids: all },
      heals: true,
    });
  }
  return made;
}
