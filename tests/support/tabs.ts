import { onTestFinished } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { Env, TimerHandle } from '../../src/ports/env.ts';
import type { Storage, StorageConnection } from '../../src/ports/storage.ts';
import type { Transport } from '../../src/ports/transport.ts';
import { memory } from '../../src/storage.ts';
import { SimBus, SimLocks } from '../../src/testing/device/simTabs.ts';
import { type Bend, quickEnv, stateOf, statusOf, TinyServer, tinyTransport } from './tinyServer.ts';
import { type DeviceOptions, makeDevice, until } from './world.ts';

/** One of several pages of a browser; each with a store of its own. */
export type Tab = ReturnType<ReturnType<typeof tabsWorld>['tab']>;

export interface TabsOptions {
  /** How many times faster the leader is watched than in a browser. */
  readonly haste?: number;
  /** Delays of a message's copies; none: lost. */
  readonly fate?: ConstructorParameters<typeof SimBus>[0]['fate'];
  /** What of the platform every tab lacks or has differently. */
  readonly env?: Partial<Env>;
  readonly bend?: Bend;
  readonly storage?: Storage;
}

interface TabOptions extends Partial<Omit<DeviceOptions, 'transport'>> {
  readonly bend?: Bend;
  /** The time that it takes it for. */
  readonly clock?: () => number;
}

/** Whatever comes to a page from outside waits here while the page does not run. */
class Gate {
  #waiting: (() => void)[] | null = null;
  #isDead = false;

  run(callback: () => void): void {
    if (this.#isDead) return;
    if (this.#waiting) this.#waiting.push(callback);
    else callback();
  }

  /** A promise as the page sees it. */
  pass<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(
        (value) => this.run(() => resolve(value)),
        (error) => this.run(() => reject(error)),
      );
    });
  }

  shut(): void {
    this.#waiting ??= [];
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const callback of waiting) this.run(callback);
  }

  kill(): void {
    this.#isDead = true;
  }
}

/** A disk, locks, a channel and a server that the tabs of one browser share. */
export function tabsWorld(shared: TabsOptions = {}) {
  const { haste = 40 } = shared;
  const later = (delay: number, callback: () => void) => void setTimeout(callback, delay);
  const server = new TinyServer();
  const locks = new SimLocks(later);
  const bus = new SimBus({ schedule: later, ...(shared.fate && { fate: shared.fate }) });
  const disk = shared.storage ?? memory();
  const marks = new Map<string, string>();
  const name = `tabs-${browserEnv.uuid()}`;
  const tabs: { sync: ReturnType<typeof makeDevice>['sync']; gate: Gate; isDead: boolean }[] = [];

  function tab({ clock, ...options }: TabOptions = {}) {
    const id = `tab-${tabs.length + 1}`;
    const gate = new Gate();
    const lives = new Set<(change: 'frozen' | 'thawed') => void>();
    const resumes = new Set<() => void>();
    const timers = new Set<TimerHandle>();
    const lock = locks.of(id);
    const openChannel = bus.of(id);
    const env: Env = quickEnv({
      setTimer: (delay, callback, label) => {
        const hurried = ['watch', 'beat'].includes(label) ? delay / haste : delay;
        const quick = ['storage', 'reopen'].includes(label) ? 20 : hurried;
        const due = () => {
          if (timers.delete(handle)) callback();
        };
        const handle = browserEnv.setTimer(quick, () => gate.run(due), label);
        timers.add(handle);
        return handle;
      },
      // As in a browser, also one that is due and waits for a page that does not run.
      clearTimer: (handle) => {
        timers.delete(handle);
        browserEnv.clearTimer(handle);
      },
      lock: (_, on, how) =>
        lock(
          name,
          {
            held: (held) => gate.run(() => on.held(held)),
            waiting: () => gate.run(() => on.waiting()),
            lost: () => gate.run(() => on.lost()),
          },
          how,
        ),
      openChannel: (_, onMessage) =>
        openChannel(name, (message) => gate.run(() => onMessage(message))),
      onPageLife: (listener) => {
        lives.add(listener);
        return () => lives.delete(listener);
      },
      onResume: (listener) => {
        resumes.add(listener);
        return () => resumes.delete(listener);
      },
      breathe: () => gate.pass(browserEnv.breathe()),
      readMark: (key) => marks.get(key.slice(key.lastIndexOf('/'))),
      writeMark: (key, value) => void marks.set(key.slice(key.lastIndexOf('/')), value),
      ...(clock && { now: clock }),
      ...shared.env,
    });
    const storage: Storage = {
      kind: disk.kind,
      open: async () => gated(await gate.pass(disk.open(name)), gate),
    };
    const straight = tinyTransport(server, options.bend ?? shared.bend ?? (() => ({})));
    const transport = (env: Env) => {
      const wire = straight(env);
      const passed: Partial<Transport> = {
        push: (...args) => gate.pass(wire.push(...args)),
        pull: (...args) => gate.pass(wire.pull(...args)),
        read: (...args) => gate.pass(wire.read(...args)),
        probe: (...args) => gate.pass(wire.probe(...args)),
      };
      return { ...wire, ...passed };
    };
    // The registry of running syncs is the page's: each page has another name there.
    const device = makeDevice({ ...options, transport, storage, env, name: `${name}/${id}` });
    const known = { sync: device.sync, gate, isDead: false };
    tabs.push(known);
    const tell = (change: 'frozen' | 'thawed') => {
      for (const listener of lives) listener(change);
    };
    return {
      ...device,
      id,
      todo: device.sync.models.todo,
      status: () => statusOf(device),
      state: () => stateOf(device),
      role: () => statusOf(device).role,
      titles: () => device.sync.models.todo.selectAll(device.store.getState()).map((t) => t.title),
      records: () => device.sync.models.todo.selectAll(device.store.getState()),
      becomes: (role: ReturnType<typeof statusOf>['role']) =>
        until(`${id} is ${role}`, () => statusOf(device).role === role),
      synced: () => until(`${id} is synced`, () => statusOf(device).phase === 'synced'),
      /** The page's thread does nothing more, and what comes waits. */
      hang: () => gate.shut(),
      /** It goes on. */
      wake: () => gate.open(),
      /** The page is frozen as a browser does it. */
      freeze: () => {
        tell('frozen');
        gate.shut();
      },
      thaw: () => {
        gate.open();
        tell('thawed');
      },
      show: () => {
        for (const listener of resumes) listener();
      },
      /** The page dies. */
      kill: () => {
        gate.kill();
        known.isDead = true;
        locks.kill(id);
        bus.kill(id);
      },
      /** The page is closed. */
      close: () => device.sync.stop(),
    };
  }

  /** A tab that has read the facts and knows what it is. */
  async function opened(options?: Parameters<typeof tab>[0]) {
    const made = tab(options);
    made.sync.start();
    await made.sync.ready;
    await until(`${made.id} knows what it is`, () =>
      ['leading', 'following'].includes(made.role()),
    );
    return made;
  }

  onTestFinished(async () => {
    for (const { sync, gate, isDead } of tabs.splice(0)) {
      gate.open();
      if (!isDead) await sync.stop();
    }
  });

  return { tab, opened, server, locks, bus, disk: () => disk.open(name), name };
}

/** A connection whose answers come only while the page runs. */
function gated(connection: StorageConnection, gate: Gate): StorageConnection {
  return {
    commit: (batch, onCommitting) =>
      gate.pass(connection.commit(batch, () => gate.run(() => onCommitting?.()))),
    readRows: (after, limit) => gate.pass(connection.readRows(after, limit)),
    readPages: (keys) => gate.pass(connection.readPages(keys)),
    pageKeys: () => gate.pass(connection.pageKeys()),
    readMeta: (keys) => gate.pass(connection.readMeta(keys)),
    position: () => gate.pass(connection.position()),
    close: () => connection.close(),
  };
}
