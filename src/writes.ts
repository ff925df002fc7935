import { copyJson, defaultJsonLimits, isJsonObject, type JsonObject } from '../store/json.ts';
import type { Operation, OperationKind, Strategy } from '../store/rows/row.ts';
import type { PersonAction, PersonDraft } from '../store/slice.ts';
import { type References, withKeys } from './engine/records/references.ts';
import { SyncError } from './errors.ts';
import { idProblem } from './ids.ts';
import type { Env } from './ports/env.ts';
import type { CallRequest } from './ports/requests.ts';

export interface WriteOptions {
  /** For this write instead of the model's. */
  readonly strategy?: Strategy;
  /**
   * `wait` (default of optimistic writes): kept until the network is back. `refuse` (default of
   * `waitForRemote`): refused at once with SyncError `offline`.
   */
  readonly offline?: 'wait' | 'refuse';
  /** Writes that must be on the server before this one is sent: their handles or operation ids. */
  readonly dependsOn?: Dependency | readonly Dependency[];
  /** How this one call travels, where it differs from its model's way; kept with it, plain data. */
  readonly request?: CallRequest;
  /** Your own plain data, handed back with the operation: in `outbox.list()`, to conflict functions. */
  readonly meta?: unknown;
}

/** A call's own request as plain data; null where the transport knows no such thing. */
export type CheckCall = (
  model: string,
  kind: 'create' | 'update' | 'delete',
  request: unknown,
) => JsonObject | null;

export type Dependency = string | { readonly operationId: string };

/** Writes that one write can wait for. */
const dependencyLimit = 100;

function checkedDependencies(given: WriteOptions['dependsOn']): string[] {
  if (given === undefined) return [];
  const list = Array.isArray(given) ? (given as readonly Dependency[]) : [given as Dependency];
  if (list.length > dependencyLimit) {
    throw new SyncError('badData', `dependsOn: at most ${dependencyLimit} operations`);
  }
  return list.map((item, i) => {
    const id: unknown = typeof item === 'string' ? item : item?.operationId;
    if (typeof id === 'string' && id !== '') return id;
    throw new SyncError('badData', `dependsOn.${i} must be a handle or an operation's id`);
  });
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
export function createStamp(
  env: Env,
  name: string,
  known: ReadonlyMap<string, Strategy>,
  checkCall: CheckCall,
  referencesOf: (model: string) => References,
) {
  function requestOf(model: string, kind: OperationKind, given: unknown): JsonObject | undefined {
    if (given === undefined) return undefined;
    const request = checkCall(model, kind === 'upsert' ? 'create' : kind, given);
    if (request) return request;
    throw new SyncError('badData', 'request: the transport takes no request of a single call');
  }

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
    const dependsOn = checkedDependencies(options.dependsOn);
    const request = requestOf(model, kind, options.request);
    return {
      ...{ id: env.uuid(), model, recordId, kind, changes, at: env.now(), strategy },
      visible: strategy === 'optimistic',
      ...(dependsOn.length > 0 && { dependsOn }),
      ...(request && { request }),
      ...(copied && { meta: copied.value }),
    };
  }

  /** An action of a person's; the middleware adds its id and the generation. */
  function action(draft: PersonDraft, offline?: 'refuse'): PersonAction {
    const meta = { syncharts: name, ...(offline && { offline }) };
    return { type: `${name}/${draft.type}`, payload: keyed(draft), meta };
  }

  /** What a person writes names records by their keys, also where it was a number. */
  function keyed<D extends PersonDraft>(draft: D): D {
    const operation = 'operation' in draft ? draft.operation : null;
    if (!operation) return draft;
    const changes = withKeys(operation.changes, referencesOf(operation.model));
    return changes === operation.changes
      ? draft
      : { ...draft, operation: { ...operation, changes } };
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
