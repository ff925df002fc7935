import { type NetworkRequirement, networkRequirements } from '../machines/network.ts';
import { type Identified, type ModelDefinition, wireOf } from './defineModel.ts';
import type { Inspect } from './engine/wire/connection.ts';
import { SyncError } from './errors.ts';
import type { Env } from './ports/env.ts';
import type { Shelf } from './ports/shelf.ts';
import type { Storage } from './ports/storage.ts';
import type { TransportFactory } from './ports/transport.ts';

export type Models = Readonly<Record<string, ModelDefinition<Identified>>>;

export interface SyncOptions<M extends Models, P extends string = string> {
  /** Names the database, the lock and the channel; one sync of a name at a time. */
  readonly name: string;
  readonly models: M;
  /** `rest({ baseUrl })`, or your own. */
  readonly transport: TransportFactory;
  /** Where the slice stands in the store, and the prefix of its actions. Default `sync`. */
  readonly reducerPath?: P;
  /** Default `indexedDb()`. */
  readonly storage?: Storage;
  /**
   * `double` (default): what is not on the server yet is kept a second time, outside the database,
   * because a browser may delete a whole database; `saved` waits for both. Where the platform has no
   * such place it is `single`, and the status says so.
   */
  readonly durability?: 'double' | 'single';
  /** Where the second copy stands. Default `opfsShelf()`: files of the origin, flushed. */
  readonly shelf?: Shelf;
  /** Waits between attempts; times in ms. Default: 1 s, doubled up to 5 min, full jitter. */
  readonly backoff?: { readonly base?: number; readonly factor?: number; readonly cap?: number };
  /**
   * Which network may be used: `any` (default), `unmetered`, `wifi` (or a cable), or `none`: the
   * platform's word is not asked. What a platform does not tell forbids nothing.
   */
  readonly network?: NetworkRequirement;
  /**
   * ms that a record may wait for anything but a person before the event `stuck` tells of it.
   * Default 900,000 (15 min); `Infinity`: never.
   */
  readonly stuckAfter?: number;
  /**
   * XState's inspection: the machines of connection, lines and engine, and the records of
   * `sync.watch`. E.g. `createBrowserInspector().inspect`.
   */
  readonly inspect?: Inspect;
  /** The way to time, randomness and I/O; for tests and unusual platforms. */
  readonly env?: Env;
}

function refuse(option: string, must: string): never {
  throw new SyncError('badConfig', `createSync: ${option} must ${must}`);
}

const knownOptions = new Set([
  ...[
    'name',
    'models',
    'transport',
    'reducerPath',
    'storage',
    'durability',
    'shelf',
    'backoff',
    'network',
    'stuckAfter',
    'inspect',
    'env',
  ],
]);

/** Refuses bad configuration with the path of the option. */
export function checkOptions<M extends Models>(options: SyncOptions<M>): void {
  for (const option of Object.keys(options)) {
    if (!knownOptions.has(option)) refuse(option, 'not be there: no such option is known');
  }
  const { name, models, transport, reducerPath = 'sync', backoff = {} } = options;
  if (typeof name !== 'string' || name === '') refuse('name', 'be a text that is not empty');
  if (typeof reducerPath !== 'string' || reducerPath === '') {
    refuse('reducerPath', 'be a text that is not empty');
  }
  if (typeof transport !== 'function') refuse('transport', 'be made by rest(…) or its like');
  const names = typeof models === 'object' && models !== null ? Object.keys(models) : [];
  if (names.length === 0) refuse('models', 'name at least one model');
  for (const model of names) {
    if (!/^[A-Za-z][\w-]*$/.test(model)) {
      refuse(`models.${model}`, 'have a name of letters, digits, - and _');
    }
    if (typeof models[model]?.endpoint !== 'string') {
      refuse(`models.${model}`, 'be made by defineModel(…)');
    }
    transport.checkModel?.(wireOf(model, models[model]));
  }
  for (const model of names) {
    for (const [field, other] of Object.entries(models[model]?.references ?? {})) {
      if (!names.includes(other)) {
        refuse(`models.${model}.references.${field}`, `name a model; there is no ${other}`);
      }
    }
  }
  const { network = 'any' } = options;
  if (!networkRequirements.includes(network)) {
    refuse('network', `be one of ${networkRequirements.join(', ')}`);
  }
  const { durability = 'double' } = options;
  if (durability !== 'double' && durability !== 'single') {
    refuse('durability', 'be double or single');
  }
  const { stuckAfter = 1 } = options;
  if (!(typeof stuckAfter === 'number' && stuckAfter > 0)) refuse('stuckAfter', 'be above 0');
  for (const [option, value] of Object.entries(backoff)) {
    if (!(typeof value === 'number' && value > 0)) refuse(`backoff.${option}`, 'be above 0');
  }
}
