import { isJsonObject } from '../../store/json.ts';
import type { Codec } from '../ports/codec.ts';
import type { Env } from '../ports/env.ts';
import { type StorageConnection, StorageError, type StorageFailureCode } from '../ports/storage.ts';
import type { TabMessage } from './messages.ts';

/** Keys in the pages' store: a leader's sweep removes those of tabs that died. */
const callKey = (id: string) => `call/${id}`;
const answerKey = (id: string) => `answer/${id}`;

/** A call as plain data: what is asked for, and with what. */
export interface Call {
  readonly verb: string;
  readonly [parameter: string]: unknown;
}

interface Answer {
  /** How far the leader had folded the journal by then. */
  readonly head: number;
  readonly result?: unknown;
  readonly failed?: StorageFailureCode;
}

export interface CallsOptions {
  readonly env: Env;
  readonly codec: Codec;
  readonly connection: () => StorageConnection | null;
  readonly post: (message: TabMessage) => void;
  readonly isLeading: () => boolean;
  /** How far the journal was folded here. */
  readonly head: () => number;
  /** Folds what is on the disk. */
  readonly readOn: () => Promise<void>;
  /** Does what is asked for; only while this tab leads. */
  readonly perform: (call: Call) => Promise<unknown>;
}

interface Open {
  readonly call: Call;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * What is asked for in a follower and needs the leader: a call stands in the database under an id,
 * and the channel carries the id alone. It is asked again until it is answered: if the leader goes,
 * the next one finds it, and if this tab becomes the leader it does it itself. A call may so be done
 * twice, which all of them bear.
 */
export class Calls {
  readonly #options: CallsOptions;
  readonly #open = new Map<string, Open>();
  /** Calls of others that are being done here. */
  readonly #underWay = new Set<string>();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Resolves with the leader's answer, when this tab has folded what the leader had by then. */
  ask(call: Call): Promise<unknown> {
    const id = this.#options.env.uuid();
    const answered = new Promise<unknown>((resolve, reject) => {
      this.#open.set(id, { call, resolve, reject });
    });
    this.#look(id);
    return answered;
  }

  /** Time has passed, or there is another leader: what is open is asked again. */
  again(): void {
    for (const id of this.#open.keys()) this.#look(id);
  }

  /** This tab leads now: nobody else needs to be asked. */
  lead(): void {
    for (const [id, { call, resolve, reject }] of this.#open) {
      this.#open.delete(id);
      this.#options.perform(call).then(resolve, reject);
      this.#forget(id);
    }
  }

  /** A call of another tab's stands in the database. */
  called(id: string): void {
    if (!this.#options.isLeading() || this.#underWay.has(id)) return;
    this.#underWay.add(id);
    this.#answer(id)
      // Storage that fails now: it is asked again.
      .catch(() => {})
      .finally(() => this.#underWay.delete(id));
  }

  answered(id: string): void {
    if (this.#open.has(id)) this.#look(id);
  }

  /** Nobody waits any more. */
  end(error: Error): void {
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
  }

  #look(id: string): void {
    // Storage that fails now: it is looked at again with the next beat.
    this.#read(id).catch(() => {});
  }

  async #read(id: string): Promise<void> {
    const { codec, connection, head, readOn, post } = this.#options;
    const open = this.#open.get(id);
    const disk = connection();
    if (!open || !disk) return;
    const [call, stored] = await disk.readPages([callKey(id), answerKey(id)]);
    if (stored === undefined) {
      if (call === undefined) {
        const text = await codec.encode(JSON.stringify(open.call));
        await disk.commit({ putPages: [[callKey(id), text]] });
      }
      post({ type: 'called', id });
      return;
    }
    const answer = await this.#decoded(stored);
    const known = isJsonObject(answer) ? (answer as unknown as Answer) : null;
    if (known && known.head > head()) await readOn();
    if (!this.#open.delete(id)) return;
    if (known?.failed) open.reject(new StorageError(known.failed, 'the leading tab could not'));
    else open.resolve(known?.result);
    this.#forget(id);
  }

  async #answer(id: string): Promise<void> {
    const { codec, connection, head, isLeading, perform, post } = this.#options;
    const disk = connection();
    if (!disk) return;
    const [stored] = await disk.readPages([callKey(id)]);
    const call = await this.#decoded(stored);
    if (!isJsonObject(call) || typeof call.verb !== 'string') return;
    const answer = await perform(call as unknown as Call).then(
      (result): Answer => ({ head: head(), result }),
      (error): Answer => ({
        head: head(),
        failed: error instanceof StorageError ? error.code : 'failed',
      }),
    );
    // Whoever leads now does it again: what was given up here is no answer.
    if (!isLeading()) return;
    const text = await codec.encode(JSON.stringify(answer));
    await disk.commit({ putPages: [[answerKey(id), text]], removePages: [callKey(id)] });
    post({ type: 'answered', id });
  }

  async #decoded(stored: unknown): Promise<unknown> {
    if (typeof stored !== 'string') return null;
    try {
      return JSON.parse(await this.#options.codec.decode(stored));
    } catch {
      return null;
    }
  }

  #forget(id: string): void {
    const gone = this.#options.connection()?.commit({ removePages: [callKey(id), answerKey(id)] });
    // What stays is swept by the next leader.
    gone?.catch(() => {});
  }
}
