import type { Plant } from './plant.ts';

/** Several tabs of a device: one leads, and none loses what it has. */
export const tabPlants: readonly Plant[] = [
  {
    id: 'no fence check',
    promise: 'a leader that was replaced writes no more',
    days: 'tabs',
    by: 'stops',
    edits: [
      {
        file: 'src/journal/journal.ts',
        find: 'const expect = { head: before.head, fence: epoch };',
        replace: 'const expect = { head: before.head };',
      },
      {
        file: 'src/journal/journal.ts',
        find: 'if (committed.fence !== epoch || fence() !== epoch) {',
        replace: 'if (fence() !== epoch) {',
      },
      {
        file: 'src/journal/checkpointer.ts',
        find: '      expect: { fence, meta: this.#expected },\n      putPages: slice,',
        replace: '      expect: {},\n      putPages: slice,',
      },
    ],
  },
  {
    id: 'no heartbeat',
    promise: 'a leader that hangs and keeps its lock is replaced',
    days: 'tabs',
    edits: [
      {
        file: 'src/tabs/watch.ts',
        find: '      onGone();\n      return;',
        replace: '      return;',
      },
    ],
  },
  {
    id: 'drop the tail when reloading',
    promise: 'a tab that reads a newer checkpoint keeps what it has not written yet',
    days: 'tabs',
    edits: [
      {
        file: 'src/journal/journal.ts',
        find: 'this.#people.dropThrough(facts().lastSeen[writer]?.n ?? 0);',
        replace:
          "this.#people.dropThrough(before === 'outdated' ? Infinity : facts().lastSeen[writer]?.n ?? 0);",
      },
      {
        file: 'store/slice.ts',
        find: '    else if (early) tail.set(key, { ...row, generation });',
        replace:
          '    else if (early) tail.set(key, { ...row, generation });\n    else tail.delete(key);',
      },
    ],
  },
  {
    id: 'compaction without a reload',
    promise: 'a tab whose next rows went into a checkpoint reads that',
    days: 'tabs',
    edits: [
      {
        file: 'src/engine/ground/ground.ts',
        find: '    return root !== this.#opened?.checkpointer.root;',
        replace: '    return root === null;',
      },
    ],
  },
  {
    id: 'sealing without looking at the head',
    promise: 'the engine decides on all that stands in the journal',
    days: 'tabs',
    edits: [
      {
        file: 'src/journal/journal.ts',
        find: 'const expect = { head: before.head, fence: epoch };',
        replace: 'const expect = { fence: epoch };',
      },
      {
        file: 'src/journal/journalReader.ts',
        find: '    if (first > facts().head + 1) await this.catchUp(first - 1);\n',
        replace: '',
      },
    ],
  },
  {
    id: 're-add an early act',
    promise: 'what another tab has settled by now does not wait here again',
    days: 'tabs',
    by: 'stops',
    edits: [
      {
        file: 'store/slice.ts',
        find: '    if (row.actionId.n <= (facts.lastSeen[row.actionId.writer]?.n ?? 0)) tail.delete(key);\n    else if',
        replace: '    if',
      },
    ],
  },
  {
    id: 'a page swept during hydration',
    promise: 'a checkpoint that is replaced while it is read is read again',
    days: 'tabs',
    by: 'stops',
    edits: [
      {
        file: 'src/journal/hydrate.ts',
        find: "      if (typeof stored !== 'string') throw",
        replace:
          "      if (typeof stored !== 'string') continue;\n      if (chunk.length === 0) throw",
      },
      {
        file: 'src/journal/hydrate.ts',
        find: "  if (rootNow !== storedRoot) throw new SweptPage('the checkpoint was replaced meanwhile');\n",
        replace: '',
      },
    ],
  },
];
