import type { Failure } from '../../../machines/failure.ts';
import type { Env } from '../../ports/env.ts';
import type { CallRequest } from '../../ports/requests.ts';
import type { ModelWire, PulledRecord, PulledTombstone, Transport } from '../../ports/transport.ts';
import type { Lines } from '../wire/lines.ts';
import { originAsked } from '../wire/origins.ts';
import type { PagePart } from './pageParts.ts';

/** Reads under way at once. */
const parallel = 4;

export interface ReadOptions {
  readonly env: Env;
  readonly transport: Transport;
  readonly wireFailed: () => Promise<boolean>;
  /** An answer may be about the whole origin. */
  readonly lines: Lines;
}

export type Reads = { readonly part: PagePart } | { readonly failure: Failure };

/** Reads records one by one: what is there, and what is gone. One that can't be read fails all. */
export async function readRecords(
  options: ReadOptions,
  model: ModelWire,
  serverIds: readonly string[],
  signal: AbortSignal,
  request?: CallRequest,
): Promise<Reads> {
  const items: PulledRecord[] = [];
  const deleted: PulledTombstone[] = [];
  for (let from = 0; from < serverIds.length; from += parallel) {
    const ids = serverIds.slice(from, from + parallel);
    const read = await Promise.all(ids.map((id) => readOne(options, model, id, signal, request)));
    for (const answer of read) {
      if ('failure' in answer) return answer;
      items.push(...answer.part.items);
      deleted.push(...answer.part.deleted);
    }
  }
  return { part: { items, deleted } };
}

async function readOne(
  { env, transport, wireFailed, lines }: ReadOptions,
  model: ModelWire,
  id: string,
  signal: AbortSignal,
  request?: CallRequest,
): Promise<Reads> {
  const failed = (code: Failure['code'], message: string): Reads => {
    return { failure: { code, message, at: env.now() } };
  };
  const origin = originAsked(transport, model, 'read', request);
  const renewals = lines.renewals(origin);
  try {
    const remote = await transport.read(model, id, signal, request);
    if (remote && 'kind' in remote) {
      lines.lost(origin, remote, renewals, { reads: model.name });
      return { failure: remote.failure };
    }
    if (remote) lines.welcomed(origin);
    else return failed('unreadable', `the record ${id} could not be read`);
    const { record, version, lastOperationId } = remote;
    if (!record) return { part: { items: [], deleted: [{ id, version }] } };
    if (record.id !== undefined && String(record.id) !== id) {
      return failed('unreadable', `asked for the record ${id}, the server answered with another`);
    }
    return { part: { items: [{ id, record, version, lastOperationId }], deleted: [] } };
  } catch {
    await wireFailed();
    return failed('network', 'the request ended without an answer');
  }
}
