import type { Actor } from './actor.ts';
import type { Row } from './fold.ts';
import { canonical, freshId, type RecordModel, type Request, sameIds } from './recordModel.ts';
import {
  folded,
  type Made,
  type MoveOptions,
  type Outcome,
  type RecordMove,
  type View,
} from './recordMove.ts';

function without(record: RecordModel, request: Request): RecordModel {
  return { ...record, requests: record.requests.filter((item) => item !== request) };
}

/** What may become of a request (`src/engine/sending/exchange.ts`, `completed.ts`, `answerRows.ts`). */
export function requestMoves(
  record: RecordModel,
  request: Request,
  view: View,
  options: MoveOptions,
): RecordMove[] {
  const rest = without(record, request);
  const { ids, phase } = request;
  const isAwaited = sameIds(ids, record.sealed);
  const forgotten = (
    label: string,
    actor: Actor,
    heals = false,
    outcome?: Outcome,
  ): RecordMove => ({
    ...{ label, actor, heals, ...(outcome && { outcome }) },
    next: canonical(rest),
  });
  if (phase === 'doubted') return [];
  if (phase === 'failed') {
    if (view.waits) return [];
    if (!view.leads) return [forgotten('the failed attempt can not be written', 'kit', true)];
    if (!isAwaited) return [forgotten('the failed attempt is nobody’s any more', 'kit', true)];
    const made: Made = { label: 'the kit writes when to try again', actor: 'kit', heals: true };
    return [folded(rest, { type: 'retryScheduled' }, made, options)];
  }
  const moves: RecordMove[] = [noAnswer(record, request, view)];
  if (options.closes)
    for (const [outcome, label] of held) moves.push(forgotten(label, 'server', false, outcome));
  // The answer's row waits with everything else; it is as if it came later.
  if (view.waits) return moves;
  if (!isAwaited) {
    moves.push(forgotten('an answer that nobody waits for', 'server', true, 'unwritten'));
    return moves;
  }
  moves.push(
    forgotten(
      'an answer that can not be written',
      view.leads ? 'disk' : 'server',
      !view.leads,
      'unwritten',
    ),
  );
  if (!view.leads) return moves;
  const answer = (outcome: Outcome, label: string, row: Row, heals: boolean) => {
    const made: Made = { label: `the server ${label}`, actor: 'server', heals, outcome };
    moves.push(folded(rest, row, made, options));
  };
  const write = record.outbox.find(({ id }) => ids.includes(id))?.write ?? 0;
  const operation = { id: freshId(record), write };
  const merged = { type: 'resolved', ids, behind: null } as const;
  answer('committed', 'says yes', { type: 'committed', ids }, true);
  answer('merged', 'has another version: merged', { ...merged, operation }, false);
  answer('merged', 'has it all already: merged', { ...merged, operation: null }, true);
  answer('parked', 'has it no more: parked', { type: 'parked', reason: 'conflict', ids }, false);
  // A policy lets theirs stand: what stands behind goes with it.
  const all = record.outbox.map((item) => item.id);
  const theirs = {
    type: 'resolved',
    by: 'policy',
    ids: all,
    operation: null,
    behind: null,
  } as const;
  answer('merged', 'has another version, which stands', theirs, true);
  const refused = { type: 'parked', reason: 'rejected', ids } as const;
  answer('parked', 'knows it not: the create is refused', refused, false);
  if (view.trusts) answer('rejected', 'refuses it for good', refused, false);
  if (options.closes) {
    answer('refusedByAll', 'refuses it as all else', refused, false);
    const label = 'refuses it as all else, which is not believed yet';
    answer('refusedByAll', label, { type: 'retryScheduled' }, false);
  }
  answer('retryLater', 'can not now', { type: 'retryScheduled' }, false);
  answer('underWay', 'works on it', { type: 'retryScheduled' }, false);
  return moves;
}

/** Answers that are not about the request: it is sent again as it is (`Lines.held`). */
const held = [
  ['askedToWait', 'the server asks for time'],
  ['notLetIn', 'the server lets nobody in'],
  ['notLetInBefore', 'the server did not let the old credentials in'],
  ['badDeployment', 'a bad deployment answers'],
] as const satisfies readonly (readonly [Outcome, string])[];

function noAnswer(record: RecordModel, request: Request, view: View): RecordMove {
  const rest = without(record, request);
  const doubted: Request = { phase: 'doubted', ids: request.ids };
  const next = view.reach === 'away' ? rest : { ...rest, requests: [...rest.requests, doubted] };
  const label = 'the request gets no answer';
  return { label, actor: 'network', heals: false, outcome: 'noAnswer', next: canonical(next) };
}
