import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import { readShelf } from '../../src/journal/shelfFiles.ts';
import { identityCodec } from '../../src/ports/codec.ts';
import type { Shelf } from '../../src/ports/shelf.ts';
import { memoryShelf } from '../../src/storage/memoryShelf.ts';
import { indexedDb, type Storage } from '../../src/storage.ts';
import { recoverShelf } from '../../store/shelf/recover.ts';
import { tabsWorld } from '../support/tabs.ts';
import { away, pause } from '../support/tinyServer.ts';

type PageLife = (change: 'frozen' | 'thawed') => void;

/** Two tabs of one browser over IndexedDB and one second shelf; the first of them can be frozen. */
async function twoTabs() {
  const inner = memoryShelf();
  const shelf: Shelf = { kind: 'shared', open: () => inner.open('shared') };
  const lives: Set<PageLife>[] = [];
  const storage: Storage = {
    kind: 'indexedDB',
    async open(name) {
      const listeners = new Set<PageLife>();
      lives.push(listeners);
      const onPageLife = (listener: PageLife) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      };
      return indexedDb({ ...browserEnv, onPageLife }).open(name);
    },
  };
  const world = tabsWorld({ bend: away, storage });
  const more = { more: { shelf } };
  const [first, second] = [await world.opened(more), await world.opened(more)];
  const tell: PageLife = (change) => {
    for (const listener of lives[0] ?? []) listener(change);
  };
  const files = await inner.open('shared');
  return {
    ...{ first, second, files },
    freeze: () => {
      tell('frozen');
      first.freeze();
    },
    thaw: () => {
      first.thaw();
      tell('thawed');
    },
    /** The records of which the shelf would bring changes back. */
    kept: async () => {
      const names = (await files.list()).map(({ name }) => name);
      const read = await readShelf(files, identityCodec, names, browserEnv);
      return recoverShelf(read.files).lanes.map(({ recordId }) => recordId);
    },
  };
}

test.each([1, 4])(
  'MT3 N16: what a page calls saved that was frozen while it wrote (%i changes) stands on both shelves',
  async (count) => {
    for (let steps = 0; steps < 40; steps += 3) {
      const { first, second, freeze, thaw, kept } = await twoTabs();
      const ids = Array.from({ length: count }, (_, i) => `r${i}`);
      const saved = ids.map((id) => first.todo.create({ id, title: id, done: false }).saved);
      for (let i = 0; i < steps; i++) await Promise.resolve();
      freeze();
      await second.becomes('leading');
      thaw();
      await Promise.all(saved);
      expect((await kept()).sort()).toEqual(ids);
      await first.close();
      await second.close();
    }
  },
);

test('MT3 N16: what is changed while a page is being frozen holds no file of the second shelf', async () => {
  const { first, second, files, freeze } = await twoTabs();
  freeze();
  first.todo.create({ id: 'r', title: 'r', done: false }).saved.catch(() => {});
  await second.becomes('leading');
  await pause(50);
  const names = (await files.list()).map(({ name }) => name);
  const read = await readShelf(files, identityCodec, names, browserEnv);
  expect(read.files.flat().filter(({ kind }) => kind === 'operation')).toEqual([]);
  first.kill();
});
