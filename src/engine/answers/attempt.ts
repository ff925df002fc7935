import type { Entry, Facts, Lane } from '../../../store/facts.ts';
import type { SealedRequest } from '../../../store/rows/row.ts';
import type { Answer, Held, RemoteRecord, Transport } from '../../ports/transport.ts';
import type { EngineModel } from '../records/models.ts';
import { entryOf } from '../records/recordReads.ts';

/** A request under way, with what it was when it left. */
export interface Attempt {
  readonly lane: Lane;
  readonly request: SealedRequest;
  readonly model: EngineModel;
  /** The journal's head when it left for the first time; undefined: it may have left in an earlier life. */
  readonly firstSent?: number | undefined;
}

export interface AttemptContext {
  readonly transport: Transport;
  readonly facts: () => Facts;
  readonly now: () => number;
}

/** @param told what the answer spoke of: the id of a record that was just made is known from it alone */
export function read(
  { transport, facts }: AttemptContext,
  { lane, model }: Attempt,
  signal: AbortSignal,
  told: RemoteRecord | null = null,
): Promise<RemoteRecord | Held | null> {
  const id = subjectOf(facts(), lane)?.alias ?? idIn(told) ?? lane.recordId;
  return transport.read(model, id, signal);
}

export function idIn(remote: RemoteRecord | null): string | null {
  const id = remote?.record?.id;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : null;
}

export function isHeld(read: RemoteRecord | Held | null): read is Held {
  return read !== null && 'kind' in read;
}

export function unreadable({ now }: AttemptContext, message: string): Answer {
  return { kind: 'retryLater', failure: { code: 'unreadable', message, at: now() } };
}

/**
 * When the server last spoke of the record, or began a list that it may be missing from; later by the time
 * an answer is written down: it is asked for again.
 */
export function spokenAt(facts: Facts, { lane }: Attempt): number {
  const listed = facts.models[lane.model]?.listedSince ?? 0;
  return Math.max(subjectOf(facts, lane)?.confirmed ?? 0, listed);
}

/** The record that it is about, as it stands here. */
export function subjectOf(facts: Facts, { model, recordId }: Lane): Entry | undefined {
  return entryOf(facts, model, recordId);
}

/**
 * Whether the server spoke of the record since the request left, or may have left: in a pull (which
 * may have met it gone), or in a list from the start that it may have been missing from. What it said
 * before that is older than its answer.
 */
export function moved(facts: Facts, attempt: Attempt): boolean {
  const { firstSent = attempt.lane.sealedAt ?? 0 } = attempt;
  return spokenAt(facts, attempt) > firstSent;
}
