import type { Backoff } from '../../../machines/backoff.ts';
import type { ConnectionState } from '../../../machines/connection.ts';
import type { EngineRole, EngineRun } from '../../../machines/engine.ts';
import type { NetworkRequirement } from '../../../machines/network.ts';
import type { Explanation } from '../../../store/explanation.ts';
import type { Facts } from '../../../store/facts.ts';
import type { JournalEntry, PersonRow } from '../../../store/rows/row.ts';
import type {
  LineFacts,
  PullProgress,
  Shared,
  ShelfState,
  StorageRoom,
  SyncState,
} from '../../../store/slice.ts';
import type { SyncEvents } from '../../events.ts';
import type { Codec } from '../../ports/codec.ts';
import type { Env } from '../../ports/env.ts';
import type { Shelf } from '../../ports/shelf.ts';
import type { Storage, StorageError } from '../../ports/storage.ts';
import type { Transport } from '../../ports/transport.ts';
import type { EngineModels } from '../records/models.ts';
import type { Inspect } from '../wire/connection.ts';

/** What a new database has of what this page knew: all that waited, or what another tab knew of it. */
export type TakenOver = 'all' | 'someOfIt';

/** What the engine tells the store; made into actions by whoever wires the two. */
export interface EngineStore {
  readonly state: () => SyncState;
  readonly sequenced: (entries: readonly JournalEntry[]) => void;
  readonly tailRejected: (counts: readonly number[]) => void;
  /** `takenOver` where they are of another database. */
  readonly checkpointLoaded: (facts: Facts, takenOver?: TakenOver) => void;
  readonly connectionChanged: (state: ConnectionState) => void;
  readonly leadershipChanged: (role: EngineRole, run: EngineRun) => void;
  readonly lineChanged: (origin: string, line: LineFacts) => void;
  readonly shelfChanged: (state: ShelfState) => void;
  readonly roomMeasured: (room: StorageRoom) => void;
  readonly dependentChanged: (count: number) => void;
  readonly attempts: (change: 'started' | 'ended', lanes: readonly string[]) => void;
  readonly progress: (model: string, progress: PullProgress) => void;
  /** What the leader of this name says of itself, in a follower. */
  readonly leaderTold: (shared: Shared) => void;
}

export interface EngineOptions {
  readonly env: Env;
  readonly name: string;
  readonly storage: Storage;
  /** Null: there is none. */
  readonly shelf: Shelf | null;
  readonly durability: 'double' | 'single';
  readonly codec: Codec;
  readonly transport: Transport;
  readonly models: EngineModels;
  readonly backoff?: Backoff;
  readonly store: EngineStore;
  readonly events: SyncEvents;
  /** This tab's id: under it people's rows are written. */
  readonly writer: string;
  readonly onRejected: (
    rows: readonly PersonRow[],
    why: StorageError | 'readOnly' | 'stopped',
  ) => void;
  readonly inspect?: Inspect | undefined;
  readonly network?: NetworkRequirement | undefined;
  /** ms that a record may wait for anything but a person. */
  readonly stuckAfter?: number | undefined;
  readonly explain: (model: string, recordId: string) => Explanation;
}
