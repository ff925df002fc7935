import type { StorageRoom } from '../../../store/ephemeral.ts';
import type { Env } from '../../ports/env.ts';

export interface RoomOptions {
  readonly env: Env;
  readonly onRoom: (room: StorageRoom) => void;
}

/** What the browser tells of the origin's storage, and the plea to keep it. */
export class Room {
  readonly #options: RoomOptions;
  #plea: Promise<void> | null = null;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Asks for the figures. A browser that does not tell is no failure. */
  async measure(): Promise<void> {
    const { env, onRoom } = this.#options;
    const room = await env.storageRoom?.().catch(() => null);
    if (room) onRoom(room);
  }

  /**
   * Something is kept here that is nowhere else: the browser is asked not to evict it, once in a
   * page's life. Chromium decides by itself, Firefox asks the person.
   */
  plead(): void {
    this.#plea ??= this.#ask();
  }

  async #ask(): Promise<void> {
    await this.#options.env.askToPersist?.().catch(() => false);
    await this.measure();
  }
}
