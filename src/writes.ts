import { copyJson, defaultJsonLimits, isJsonObject, type JsonObject } from '../store/json.ts';
import type { Operation, OperationKind, Strategy } from '../store/rows/row.ts';
import type { PersonAction, PersonDraft } from '../store/slice.ts';
import { SyncError } from './errors.ts';
import { idProblem } from './ids.ts';
import type { Env } from './ports/env.ts';

export interface WriteOptions {
  /** For this write instead of the model's. */
  readonly strategy?: Strategy;
  /**
   * `wait` (default of optimistic writes): kept until the network is back. `refuse` (default of
   * `waitForRemote`): refused at once with SyncError `offline`.
   */
  readonly offline?: 'wait' | 'refuse';
  /** Your own plain data, handed back in events and lists. */
  readonly meta?: unknown;
}

export function checkedId(id: unknown): string {
  const problem = typeof id === 'string' ? idProblem(id) : 'must be a text that is not empty';
  if (problem !== null) throw new SyncError('badId', `a record id ${problem}`);
  return id as string;
}

/** A copy of the caller's data, or a refusal that names where it can't be kept. */
export function checkedData(what: string, value: unknown): JsonObject {
  const copied = copyJson(value, defaultJsonLimits);
  if (!copied.ok) {
    const { path, message } = copied.refusal;
    const where = path === '' ? what : `${what}.${path}`;
    throw new SyncError('badData', `${where}: ${message}`);
  }
  if (!isJsonObject(copied.value)) throw new SyncError('badData', `${what} must be an object`);
  return copied.value;
}

/** In `changes`, undefined would be lost on the way; the caller must say what is meant. */
export function checkedChanges(value: unknown): JsonObject {
  if (isJsonObject(value)) {
    for (const [field, part] of Object.entries(value as Record<string, unknown>)) {
      if (part === undefined) {
        throw new SyncError('badData', `changes.${field} is undefined: leave it out, or use null`);
      }
    }
    if (Object.hasOwn(value, 'id')) {
      throw new SyncError('badData', 'changes.id: the id of a record never changes');
    }
  }
  return checkedData('changes', value);
}

/** Makes the operations of one sync: stamped, copied, within limits. */
export function createStamp(env: Env, name: string, known: ReadonlyMap<string, Strategy>) {
  function operation(
    model: string,
    recordId: string,
    kind: OperationKind,
    changes: JsonObject,
    options: WriteOptions,
  ): Operation {
    const strategy = options.strategy ?? known.get(model) ?? 'optimistic';
    if (strategy !== 'optimistic' && strategy !== 'waitForRemote') {
      throw new SyncError('badData', 'strategy must be optimistic or waitForRemote');
    }
    const copied = options.meta === undefined ? undefined : copyJson(options.meta);
    if (copied && !copied.ok) {
      const { path, message } = copied.refusal;
      throw new SyncError('badData', `meta${path && `.${path}`}: ${message}`);
    }
    return {
      ...{ id: env.uuid(), model, recordId, kind, changes, at: env.now(), strategy },
      visible: strategy === 'optimistic',
      ...(copied && { meta: copied.value }),
    };
  }

  /** An action of a person's; the middleware adds its id and the generation. */
  function action(draft: PersonDraft, offline?: 'refuse'): PersonAction {
    const meta = { syncharts: name, ...(offline && { offline }) };
    return { type: `${name}/${draft.type}`, payload: draft, meta };
  }

  /** The action of one write. */
  function write(made: Operation, options: WriteOptions): PersonAction {
    const refuse = options.offline ?? (made.strategy === 'waitForRemote' ? 'refuse' : 'wait');
    const draft = { v: 1, type: 'recorded', at: made.at, generation: 0, operation: made } as const;
    return action(draft, refuse === 'refuse' ? refuse : undefined);
  }

  return { operation, action, write };
}

export type Stamp = ReturnType<typeof createStamp>;
