import type { SyncEvent } from '../../src/index.ts';
import type { Env } from '../../src/ports/env.ts';
import type { Shelf } from '../../src/ports/shelf.ts';
import { memoryShelf } from '../../src/storage/memoryShelf.ts';
import { memory, type Storage } from '../../src/storage.ts';
import { noPages } from '../../store/pages.ts';
import { type Bend, quickEnv, stateOf, statusOf, type tinyWorld } from './tinyServer.ts';
import { type Device, until } from './world.ts';

type TinyWorld = ReturnType<typeof tinyWorld>;

/** What a phone may be given: its shelf, and its environment. */
export type PhoneParts = [shelf?: Shelf, env?: Env];

/** Somebody's browser over several lives of the app's page. */
export class Phone {
  readonly #world: TinyWorld;
  readonly name = `phone-${crypto.randomUUID()}`;
  readonly shelf: Shelf;
  readonly env: Env;
  /** The database as it is; a new one is what a browser leaves after it has deleted it. */
  storage: Storage = memory();
  events: SyncEvent[] = [];

  constructor(world: TinyWorld, shelf: Shelf = memoryShelf(), env: Env = quickEnv()) {
    this.#world = world;
    this.shelf = shelf;
    this.env = env;
  }

  /** A page of it that is not started yet. */
  device(bend: Bend, more: { durability?: 'single' | 'double' } = {}): Device {
    const { name, shelf, env, storage } = this;
    const device = this.#world.device({ name, env, storage, bend, more: { shelf, ...more } });
    this.events = [];
    device.sync.events.on('*', (event) => this.events.push(event));
    return device;
  }

  async open(bend: Bend, more: { durability?: 'single' | 'double' } = {}): Promise<Device> {
    const device = this.device(bend, more);
    device.sync.start();
    await device.sync.ready;
    await until('the tab leads', () => statusOf(device).role === 'leading');
    return device;
  }

  /** The browser deletes the whole database. */
  wipe(): void {
    this.storage = memory();
  }

  get loss() {
    return this.events.find((event) => event.type === 'dataLoss');
  }

  async shelfSize(): Promise<number> {
    const connection = await this.shelf.open(this.name);
    return (await connection.list()).reduce((sum, { size }) => sum + (size ?? 0), 0);
  }
}

/** A shelf that failed is opened again soon. */
export function impatient(): Env {
  const env = quickEnv();
  return {
    ...env,
    setTimer: (delay, callback, label) =>
      env.setTimer(label === 'shelf' ? 20 : delay, callback, label),
  };
}

export async function kept(device: Device): Promise<void> {
  await until(
    'it is durable',
    () => stateOf(device).tail === noPages() || stateOf(device).tail.size === 0,
  );
}
