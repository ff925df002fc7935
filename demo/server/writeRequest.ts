import type { CollectionConfig } from './collections.ts';

export type WriteMethod = 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** A write, freed from HTTP: the same shape serves a request, a hand edit and an operation of a batch. */
export interface WriteRequest {
  readonly method: WriteMethod;
  readonly collection: CollectionConfig;
  /** The id in the path; undefined for POST. */
  readonly id: string | undefined;
  readonly key: string | undefined;
  readonly ifMatch: string | undefined;
  /** As received; empty for a DELETE. */
  readonly body: string;
}
