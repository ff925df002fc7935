import type { Plant } from './plant.ts';

/** What was acknowledged is on the disk, and stays there. */
export const durabilityPlants: readonly Plant[] = [
  {
    id: 'acknowledge before commit',
    promise: 'saved resolves when the write survives a crash',
    edits: [
      {
        file: 'src/runtime.ts',
        find: '    return { n, saved };\n',
        replace: '    this.handles.savedThrough(n);\n    return { n, saved };\n',
      },
    ],
  },
  {
    id: 'swallow quota',
    promise: 'a write that the disk refused is told as not saved',
    edits: [
      {
        file: 'src/runtime.ts',
        find: 'this.handles.notSaved(row.actionId.n, operation?.id ?? null, error);',
        replace: 'this.handles.savedThrough(row.actionId.n);',
      },
    ],
  },
  {
    id: 'settle before oncomplete',
    promise: 'an ending is told after its row is durable',
    edits: [
      {
        file: 'src/journal/journal.ts',
        find: '    let committed: Committed;\n',
        replace:
          '    let committed: Committed;\n' +
          '    this.#options.onSequenced(\n' +
          '      rows.map((row, i) => ({ sequence: before.head + 1 + i, row })),\n' +
          '    );\n',
      },
      {
        file: 'src/journal/journal.ts',
        find: '      await this.#reader.deliver(rows, committed.head);\n      for (const request of requests)',
        replace: '      for (const request of requests)',
      },
    ],
  },
  {
    id: 'drop the tail at hydration',
    promise: 'what was written before the disk was read is written all the same',
    edits: [
      {
        file: 'store/slice.ts',
        find: 'if (row.actionId.n <= (facts.lastSeen[row.actionId.writer]?.n ?? 0)) tail.delete(key);',
        replace: 'if (key) tail.delete(key);',
      },
    ],
  },
  {
    id: 'fold an append in doubt twice',
    promise: 'a write in doubt that is written again counts once',
    edits: [
      {
        file: 'store/fold.ts',
        find: '  if (row.actionId.n <= draft.lastSeen(row.actionId.writer)) return;\n',
        replace: '',
      },
      {
        file: 'src/journal/journal.ts',
        find: "    if (this.#mustRead || this.#standing.grade === 'inDoubt') await this.#readNew();\n",
        replace:
          '    if (this.#mustRead) await this.#readNew();\n' +
          "    if (this.#standing.grade === 'inDoubt') this.#standing.renew();\n",
      },
    ],
  },
  {
    id: 'checkpoint of two states',
    promise: 'a checkpoint is of one state',
    edits: [
      {
        file: 'src/engine/ground/checkpoints.ts',
        find: 'checkpointer.write(now, epoch)',
        replace:
          'checkpointer.write(Object.defineProperty({ ...now }, "head", { get: () => (facts() ?? now).head }), epoch)',
      },
    ],
  },
  {
    id: 'delete rows beyond the checkpoint',
    promise: 'a checkpoint deletes no row that it does not hold',
    edits: [
      {
        file: 'src/journal/checkpointer.ts',
        find: 'removeRowsThrough: facts.head,',
        replace: 'removeRowsThrough: Number.MAX_SAFE_INTEGER,',
      },
    ],
  },
  {
    id: 'quarantine drops the lane',
    promise: 'what stands behind an unreadable row is kept',
    edits: [
      {
        file: 'store/fold.ts',
        find: '    draft.quarantine(sequence, { text, lane: waiting, reason });\n    return;',
        replace: '    return;',
      },
    ],
  },
];
