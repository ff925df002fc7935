import type { EngineModel } from './engine/records/models.ts';
import type { Abilities, Transport } from './ports/transport.ts';

/** What one configuration promises for a model, and which ability of the server that rests on. */
export interface Guarantee {
  readonly promise: GuaranteeId;
  /** Whether it holds, if the server can what it was said to. */
  readonly holds: boolean;
  /** For people. */
  readonly because: string;
}

export type GuaranteeId =
  /** What was saved is on this device until the server has it, or a person has decided. */
  | 'neverLost'
  /** Changes of one record arrive in the order they were made. */
  | 'ordered'
  /** Each change takes effect once, also if its answer is lost. */
  | 'createsOnce'
  | 'updatesOnce'
  /** What others changed meanwhile is noticed before it is written over. */
  | 'noOverwriting'
  /** Fields that nobody changed here do not travel. */
  | 'changedFieldsOnly'
  /** A pull brings what changed since the last one, and what was deleted. */
  | 'deltaPull'
  /** Many changes travel in one request. */
  | 'batched';

/** For a transport that does not say what its server can: nothing is taken for granted. */
const nothing: Abilities = {
  keys: false,
  versions: false,
  patches: false,
  batch: false,
  cursor: false,
};

/** Computes the promises of each model; the table stands in `docs/guarantees.md`. */
export function guaranteesOf(
  transport: Transport,
  models: Iterable<EngineModel>,
): Readonly<Record<string, readonly Guarantee[]>> {
  const all: Record<string, readonly Guarantee[]> = {};
  for (const model of models) {
    const abilities = transport.abilities?.(model) ?? nothing;
    all[model.name] = guarantees(model, abilities);
  }
  return all;
}

function guarantees(model: EngineModel, can: Abilities): Guarantee[] {
  const { keys, versions, versionedDeletes = true, patches, batch, cursor } = can;
  const byId = model.ids === 'client';
  return [
    promise('neverLost', true, 'every change is durable on this device before it is called saved'),
    promise('ordered', true, 'a record has one request under way at a time'),
    promise('createsOnce', keys || byId, onceBecause(keys, byId)),
    promise('updatesOnce', keys || versions, keptBecause(keys, versions)),
    promise('noOverwriting', versions && versionedDeletes, seenBecause(versions, versionedDeletes)),
    promise(
      'changedFieldsOnly',
      patches,
      patches ? 'updates travel as their fields' : 'updates travel as whole records',
    ),
    promise(
      'deltaPull',
      cursor,
      cursor
        ? 'pulls go on from a cursor, with tombstones'
        : 'each pull asks for everything; what is missing there is looked up, then removed here',
    ),
    promise(
      'batched',
      batch,
      batch ? 'the server takes many operations in one request' : 'one request for each record',
    ),
  ];
}

function promise(id: GuaranteeId, holds: boolean, because: string): Guarantee {
  return { promise: id, holds, because };
}

function onceBecause(keys: boolean, byId: boolean): string {
  if (keys) return 'a resend has the same idempotency key';
  return byId
    ? 'the id is made here: a second create of it is refused, and recognised as ours'
    : 'without keys the server can not know that it has made the record already';
}

function keptBecause(keys: boolean, versions: boolean): string {
  if (keys) return 'a resend has the same idempotency key';
  return versions
    ? 'a resend meets a newer version, and is recognised as ours by what it says'
    : 'a lost answer may be applied twice; setting a field twice does no harm, counting does';
}

function seenBecause(versions: boolean, versionedDeletes: boolean): string {
  if (!versions)
    return 'without versions the last writer wins on the server; pulls are merged here';
  return versionedDeletes
    ? 'the version goes with each change, and the server refuses an old one'
    : 'the version goes with each change, but not with a delete: see rest({ ifMatch })';
}
