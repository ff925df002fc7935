import type { Strategy } from '../store/rows/row.ts';
import { SyncError } from './errors.ts';
import { type ConflictPolicy, namedPolicies } from './policies/policy.ts';
import { type UpdatedAt, updatedAtOf } from './policies/updatedAt.ts';
import type { RestRequests } from './ports/requests.ts';
import type { ModelWire } from './ports/transport.ts';
import { checkedPullOptions, type ModelPullOptions, type PullSettings } from './pullOptions.ts';

/** What every record has. */
export interface Identified {
  readonly id: string;
}

export interface ModelOptions<T extends Identified = Identified> extends ModelPullOptions {
  /** Path of the collection under the transport's base URL. */
  readonly endpoint: string;
  /**
   * Who gives a record its id. `client` (default): the id made here goes to the server. `server`: the
   * server makes its own, kept as an alias; the key on this device stays.
   */
  readonly ids?: 'client' | 'server';
  /**
   * What null says in a change. `delete` (default): the field goes, as a merge patch has it.
   * `meaningful`: null means null, so updates travel as whole records (PUT), or as the changed fields
   * in plain JSON where `requests.update.method` says PATCH.
   */
  readonly nulls?: 'delete' | 'meaningful';
  /** Whether a refused change stays shown until a person decides (`keep`), or goes (`rollback`). */
  readonly onReject?: 'keep' | 'rollback';
  /**
   * Fields that name records of other models, by model: `{ listId: 'list' }`. A record waits for
   * those it names, and their ids are the server's on the wire and this device's keys here.
   */
  readonly references?: Readonly<Record<string, string>>;
  /**
   * What happens when others changed the same record: `merge` (default: field by field, ours stays
   * where both changed one), `serverWins`, `clientWins`, `lastUpdateWins` (whole records),
   * `manual` (a person decides each), or a function.
   */
  readonly conflict?: ConflictPolicy<T>;
  /**
   * When the server changed a record last, for `lastUpdateWins`: the name of a field, or a function;
   * ms since 1970 or ISO 8601.
   */
  readonly updatedAt?: string | ((record: T) => unknown);
  /** How writes show: at once (`optimistic`), or when the server said yes (`waitForRemote`). */
  readonly strategy?: Strategy;
  /**
   * How its requests travel, where they differ from the transport's usual way. Checked by the
   * transport, at `createSync`.
   */
  readonly requests?: RestRequests;
  /** The field that holds a record's version, for servers that version by field. */
  readonly version?: Extract<keyof T, string>;
}

/** A model: a type of records and how they travel. */
export interface ModelDefinition<T extends Identified>
  extends Required<
      Omit<ModelOptions, 'conflict' | 'updatedAt' | 'requests' | 'version' | keyof ModelPullOptions>
    >,
    PullSettings {
  readonly conflict: ConflictPolicy;
  readonly updatedAt: UpdatedAt | null;
  /** Fields that are the server's to say. */
  readonly serverFields: readonly string[];
  /** Null: the transport's usual way. */
  readonly requests: RestRequests | null;
  /** Null: versions are told beside the record, or not at all. */
  readonly version: string | null;
  /** The type of its records; never a value. */
  readonly recordType?: T;
}

function oneOf<V extends string>(option: string, value: V | undefined, allowed: readonly V[]): V {
  const chosen = value ?? (allowed[0] as V);
  if (!allowed.includes(chosen)) {
    throw new SyncError('badConfig', `defineModel: ${option} must be ${allowed.join(' or ')}`);
  }
  return chosen;
}

/**
 * Defines a model. Bad options are refused here, with the option's name.
 *
 * @example defineModel<Todo>({ endpoint: 'todos' })
 * @throws SyncError `badConfig`
 */
export function defineModel<T extends Identified>(options: ModelOptions<T>): ModelDefinition<T> {
  const endpoint = typeof options.endpoint === 'string' ? trimmed(options.endpoint) : '';
  if (endpoint === '' || /[?#\\]|(^|\/)\.{1,2}(\/|$)|^[a-z]+:/i.test(endpoint)) {
    throw new SyncError(
      'badConfig',
      'defineModel: endpoint must be a path like "todos", without query, dots or scheme',
    );
  }
  return {
    endpoint,
    ids: oneOf('ids', options.ids, ['client', 'server']),
    nulls: oneOf('nulls', options.nulls, ['delete', 'meaningful']),
    onReject: oneOf('onReject', options.onReject, ['keep', 'rollback']),
    references: referencesOf(options.references),
    ...conflictOf(options as unknown as ModelOptions),
    strategy: oneOf('strategy', options.strategy, ['optimistic', 'waitForRemote']),
    ...checkedPullOptions(options),
    requests: options.requests ?? null,
    version: versionOf(options.version),
  };
}

/** What a transport is told of a model. */
export function wireOf(name: string, definition: ModelDefinition<Identified>): ModelWire {
  const { endpoint, ids, nulls, requests, version } = definition;
  const wire = { name, endpoint, ids, nulls, versionField: version };
  return requests === null ? wire : { ...wire, requests };
}

function versionOf(field: unknown): string | null {
  if (field === undefined) return null;
  if (typeof field !== 'string' || field === '' || field === 'id') {
    throw new SyncError('badConfig', 'defineModel: version must name a field, and not the id');
  }
  return field;
}

function conflictOf({ conflict = 'merge', updatedAt, version }: ModelOptions) {
  const isNamed = typeof conflict === 'string' && namedPolicies.includes(conflict);
  if (!isNamed && typeof conflict !== 'function') {
    const known = namedPolicies.join(', ');
    throw new SyncError('badConfig', `defineModel: conflict must be ${known} or a function`);
  }
  if (conflict === 'lastUpdateWins' && updatedAt === undefined) {
    const message = 'defineModel: lastUpdateWins needs updatedAt: when the server changed a record';
    throw new SyncError('badConfig', message);
  }
  if (updatedAt !== undefined && typeof updatedAt !== 'string' && typeof updatedAt !== 'function') {
    throw new SyncError('badConfig', 'defineModel: updatedAt must be a field or a function');
  }
  const fields = [version, updatedAt].filter((field) => typeof field === 'string');
  return {
    conflict: conflict as unknown as ConflictPolicy,
    serverFields: fields,
    updatedAt: updatedAtOf(updatedAt as Parameters<typeof updatedAtOf>[0]),
  };
}

function referencesOf(given: ModelOptions['references'] = {}): Readonly<Record<string, string>> {
  for (const [field, model] of Object.entries(given)) {
    if (typeof model !== 'string' || model === '' || field === 'id') {
      throw new SyncError('badConfig', `defineModel: references.${field} must name a model`);
    }
  }
  return { ...given };
}

function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
