import type { Plant } from './plant.ts';

const keeper = 'src/journal/shelfKeeper.ts';
const newFile = 'src/journal/writeAnew.ts';

/** What is not on the server yet stands outside of the database too. */
export const shelfPlants: readonly Plant[] = [
  {
    id: 'saved with one shelf',
    promise: 'saved resolves when both shelves have it',
    days: 'shelf',
    edits: [
      {
        file: 'src/journal/journalReader.ts',
        find: '    await keep(entries, isOwn);\n',
        replace: '    keep(entries, isOwn);\n',
      },
    ],
  },
  {
    id: 'the old file goes before the new one is whole',
    promise: 'a file of the second shelf goes once another one says everything',
    days: 'shelf',
    edits: [
      {
        file: newFile,
        find: '  const told = facts();\n',
        replace:
          '  const told = facts();\n' +
          '  for (const name of writer.old) await connection.remove(name);\n',
      },
    ],
  },
  {
    id: 'a new file without what is not folded yet',
    promise: 'what is kept while a file begins anew stands in the new one',
    days: 'shelf',
    edits: [
      {
        file: newFile,
        find: '  await append(beyond(told.head));\n',
        replace: '',
      },
    ],
  },
  {
    id: 'a refused change stays on the second shelf',
    promise: 'what was told as not saved never comes back',
    days: 'shelf',
    by: 'crashes',
    edits: [
      {
        file: keeper,
        find: '      await this.#takeBack(written);\n',
        replace: '',
      },
    ],
  },
  {
    id: 'a choice is told the second shelf before it is made',
    promise: 'what takes something away is told once it is so',
    days: 'shelf',
    by: 'crashes',
    edits: [
      {
        file: keeper,
        find: '    const lines = addedLines(before, entries, isOwn);\n',
        replace: '    const lines = linesOf(before, entries, isOwn);\n',
      },
    ],
  },
  {
    id: 'a place on the second shelf that was only guessed',
    promise: 'what another tab came before is told again under its true sequence',
    days: 'shelf',
    edits: [
      {
        file: keeper,
        find: '    if (head === told.through) {\n',
        replace: '    if (head !== null) {\n',
      },
      {
        file: keeper,
        find: 'if (told && told.through === entries.at(-1)?.sequence && told.count === entries.length) {\n',
        replace: 'if (told && told.count === entries.length) {\n',
      },
    ],
  },
  {
    id: 'half a takeover hides the rest',
    promise: 'a lost database is over once its successor has said all of it',
    days: 'shelf',
    edits: [
      {
        file: 'store/shelf/gather.ts',
        find: "    if (own.some(({ kind }) => kind === 'through')) for (const id of replaces)",
        replace: '    for (const id of replaces)',
      },
    ],
  },
  {
    id: 'the second shelf forgets the seal',
    promise: 'a request that may have left goes again under its key after a loss',
    days: 'shelf',
    edits: [
      {
        file: 'store/shelf/linesOf.ts',
        find: '    sealed: lane?.sealed ?? null,\n',
        replace: '    sealed: null,\n',
      },
    ],
  },
  {
    id: 'the second shelf forgets the alias',
    promise: 'a record is found by the server’s id after a loss',
    days: 'shelf',
    by: 'crashes',
    edits: [
      {
        file: 'store/shelf/linesOf.ts',
        find: '    alias: entry?.alias ?? null,\n    sealed',
        replace: '    alias: null,\n    sealed',
      },
    ],
  },
  {
    id: 'an ending is not told the second shelf',
    promise: 'what has ended does not come back after a loss',
    days: 'shelf',
    edits: [
      {
        file: 'store/shelf/linesOf.ts',
        find: "  return row.type !== 'pulled' &&",
        replace: "  return row.type !== 'answered' && row.type !== 'pulled' &&",
      },
    ],
  },
  {
    id: 'a shelf without room is not waited for',
    promise: 'saved resolves when both shelves have it',
    days: 'shelf',
    edits: [
      {
        file: keeper,
        find: "standing === 'full' || standing === 'retrying' ? this.#kept : Number",
        replace: 'standing === null ? this.#kept : Number',
      },
    ],
  },
  {
    id: 'what a shelf had no room for is forgotten',
    promise: 'a shelf that has room again is told what it is owed',
    days: 'shelf',
    edits: [
      {
        file: 'src/journal/shelfDebt.ts',
        find: '    this.#owed = joined(this.#owed, lines);\n',
        replace: '    joined(this.#owed, lines);\n',
      },
    ],
  },
  {
    id: 'endings are told though the shelf has no room',
    promise: 'an ending stands on the second shelf before anybody is told',
    days: 'shelf',
    edits: [
      {
        file: 'src/runtime.ts',
        find: '    if (this.#isHeld) {\n      this.#endedBefore',
        replace: '    if (from < 0) {\n      this.#endedBefore',
      },
    ],
  },
  {
    id: 'requests leave though the shelf has no room',
    promise: 'a sealed request waits for the shelf before it leaves',
    days: 'shelf',
    edits: [
      {
        file: 'src/engine/lead/leadership.ts',
        find: '      mayLeave: () => ground.isKept,\n',
        replace: '      mayLeave: () => true,\n',
      },
    ],
  },
  {
    id: 'what is ahead of the database is thrown away',
    promise: 'rows that were called durable and are gone are taken from the second shelf',
    days: 'shelf',
    edits: [
      {
        file: 'src/engine/ground/opening.ts',
        find: 'if (!files || said <= read.facts.head || isLast) return',
        replace: 'if (look > 0) return',
      },
    ],
  },
];
