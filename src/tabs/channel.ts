import type { Env, TabChannel } from '../ports/env.ts';
import { readMessage, sealed, type TabMessage } from './messages.ts';

/** The way to the other tabs; closed while the page is frozen: an open one may keep it from that. */
export class Channel {
  readonly #env: Env;
  readonly #name: string;
  readonly #onMessage: (message: TabMessage) => void;
  #channel: TabChannel | null = null;

  constructor(env: Env, name: string, onMessage: (message: TabMessage) => void) {
    this.#env = env;
    this.#name = name;
    this.#onMessage = onMessage;
  }

  /** Whether anything can be heard. */
  get isOpen(): boolean {
    return this.#channel !== null;
  }

  open(): void {
    this.#channel ??= this.#env.openChannel(`syncharts/${this.#name}`, (data) => {
      const message = readMessage(data);
      if (message && this.#channel) this.#onMessage(message);
    });
  }

  post(message: TabMessage): void {
    this.#channel?.post(sealed(message));
  }

  close(): void {
    this.#channel?.close();
    this.#channel = null;
  }
}
