import type { Plant } from './plant.ts';

/** Pulls bring what others did, and what is shown and told is true. */
export const viewPlants: readonly Plant[] = [
  {
    id: "a pull that began before a commit's answer",
    promise: 'a pull never brings back what a commit has changed since',
    edits: [
      {
        file: 'src/engine/pulls/judging.ts',
        find: 'if (!known && order !== 1 && (isPassed || isGone)) {',
        replace: 'if (model === id && isPassed && isGone) {',
      },
      {
        file: 'src/engine/pulls/judging.ts',
        find: 'if (!known && order === -1 && !(entry && takesOlder(context, entry))) return;',
        replace: 'if (known && order === -1 && !(entry && takesOlder(context, entry))) return;',
      },
    ],
  },
  {
    id: 'the cursor before the records',
    promise: 'the cursor is never ahead of the data',
    edits: [
      {
        file: 'src/engine/pulls/pulling.ts',
        find: "...{ v: 1, type: 'pulled', model, at, items, deleted, since, cursor, complete },",
        replace:
          "...{ v: 1, type: 'pulled', model, at, items: items.slice(cursor === null ? 0 : 1), deleted, since, cursor, complete },",
      },
    ],
  },
  {
    id: 'a tombstone removes a pending edit',
    promise: 'what waits here survives that others delete the record',
    edits: [
      {
        file: 'store/foldPulled.ts',
        find: '  const lane = draft.lane(laneKey(model, recordId));\n  if (lane?.parked) {\n    // What',
        replace:
          '  const gone = laneKey(model, recordId);\n' +
          '  for (const { operation } of draft.operationsOf(gone)) draft.dequeue(operation.id);\n' +
          '  draft.putLane(gone, null);\n' +
          '  const lane = draft.lane(gone);\n  if (lane?.parked) {\n    // What',
      },
      {
        file: 'src/engine/pulls/judging.ts',
        find: "return lane === undefined || lane.state !== 'pending';",
        replace: 'return true;',
      },
    ],
  },
  {
    id: 'a short cut too wide',
    promise: 'what is shown is what is sequenced with the tail on top',
    edits: [
      {
        file: 'store/slice.ts',
        find: "row.type !== 'recorded' &&\n      row.type !== 'edited' &&",
        replace: "row.type !== 'edited' &&",
      },
    ],
  },
  {
    id: 'a short cut over rows of others',
    promise: 'what was adopted is what was written',
    edits: [
      {
        file: 'store/slice.ts',
        find: 'if (first === state.tail.size) return adopted(state, entries);',
        replace: 'if (plain && entries.length === state.tail.size) return adopted(state, entries);',
      },
    ],
  },
  {
    id: 'the edit under the base',
    promise: 'what was written is shown until the server has it',
    edits: [
      {
        file: 'store/rebase.ts',
        find: 'return record && { ...record, ...operation.changes };',
        replace: 'return record && { ...operation.changes, ...record };',
      },
    ],
  },
  {
    id: 'status from memory',
    promise: 'synced means that nothing waits',
    edits: [
      {
        file: 'store/selectors/syncStatus.ts',
        find: 'const behind = waiting > 0 || Object.values(state.ephemeral.pulls).some(isBehind);',
        replace:
          'const behind = waiting < 0 || Object.values(state.ephemeral.pulls).some(isBehind);',
      },
    ],
  },
];
