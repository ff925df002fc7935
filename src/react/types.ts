import type { SyncState } from '../../store/slice.ts';
import type { Models } from '../config.ts';
import type { Sync } from '../createSync.ts';
import type { ModelApi } from '../modelApi.ts';

/** Any sync, whatever its models. */
export type AnySync = Sync<Models>;

/** The names of a sync's models. */
export type ModelName<S extends AnySync> = keyof S['models'] & string;

/** The type of a model's records. */
export type RecordOf<S extends AnySync, K extends ModelName<S>> =
  S['models'][K] extends ModelApi<infer T> ? T : never;

/** The writes of a model, each with a handle. */
export type ModelWrites<S extends AnySync, K extends ModelName<S>> = Pick<
  S['models'][K],
  'create' | 'createMany' | 'update' | 'upsert' | 'remove'
>;

/** Reads the sync's own state from the store; what it takes must be stable. */
export type UseFacts = <T>(read: (state: SyncState) => T) => T;
