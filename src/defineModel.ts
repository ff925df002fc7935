import type { Strategy } from '../store/rows/row.ts';
import { SyncError } from './errors.ts';
import { checkedPullOptions, type ModelPullOptions, type PullSettings } from './pullOptions.ts';

/** What every record has. */
export interface Identified {
  readonly id: string;
}

export interface ModelOptions extends ModelPullOptions {
  /** Path of the collection under the transport's base URL. */
  readonly endpoint: string;
  /**
   * Who gives a record its id. `client` (default): the id made here goes to the server. `server`: the
   * server makes its own, kept as an alias; the key on this device stays.
   */
  readonly ids?: 'client' | 'server';
  /** `meaningful`: a null field means null, so updates travel as whole records (PUT). */
  readonly nulls?: 'delete' | 'meaningful';
  /** Whether a refused change stays shown until a person decides (`keep`), or goes (`rollback`). */
  readonly onReject?: 'keep' | 'rollback';
  /** How writes show: at once (`optimistic`), or when the server said yes (`waitForRemote`). */
  readonly strategy?: Strategy;
}

/** A model: a type of records and how they travel. */
export interface ModelDefinition<T extends Identified>
  extends Required<Omit<ModelOptions, keyof ModelPullOptions>>,
    PullSettings {
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
export function defineModel<T extends Identified>(options: ModelOptions): ModelDefinition<T> {
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
    strategy: oneOf('strategy', options.strategy, ['optimistic', 'waitForRemote']),
    ...checkedPullOptions(options),
  };
}

function trimmed(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
