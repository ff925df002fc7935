import type { Plant } from './plant.ts';

/** What leaves is sealed, goes in order, once, and is tried again with measure. */
export const requestPlants: readonly Plant[] = [
  {
    id: 'new key on a retry',
    promise: 'all attempts carry the key that was sealed',
    edits: [
      {
        file: 'src/engine/sending/exchange.ts',
        find: 'await transport.push(first.request, first.model, signal)',
        replace:
          'await transport.push(first.lane.attempts > 0 ? { ...first.request, key: this.#options.env.uuid() } : first.request, first.model, signal)',
      },
    ],
  },
  {
    id: 'coalesce into a sealed request',
    promise: 'a sealed request never changes again',
    edits: [
      {
        file: 'store/fold.ts',
        find: 'lane ? { ...lane, count: lane.count + 1, hidden } : newLane(model, recordId, hidden),',
        replace:
          "lane ? { ...lane, count: lane.count + 1, hidden, sealed: lane.sealed?.kind === 'update' && operation.kind === 'update' ? { ...lane.sealed, operationIds: [...lane.sealed.operationIds, operation.id], body: JSON.stringify({ ...JSON.parse(lane.sealed.body ?? '{}'), ...operation.changes }) } : lane.sealed } : newLane(model, recordId, hidden),",
      },
    ],
  },
  {
    id: 'delete the operation before its answer',
    promise: 'an operation stays in the outbox until its ending is durable',
    edits: [
      {
        file: 'store/foldSending.ts',
        find: '  for (const { key, lane } of moves) draft.putLane(key, lane);\n',
        replace:
          '  for (const { key, lane } of moves) draft.putLane(key, lane);\n' +
          '  for (const { operationIds } of row.requests) for (const id of operationIds) draft.dequeue(id);\n',
      },
    ],
  },
  {
    id: 'two requests of one record under way',
    promise: 'at most one request of a record is under way',
    edits: [
      {
        file: 'src/engine/sending/pusher.ts',
        find: 'index.nextToSend(origin, limit, isHeld);',
        replace: 'index.nextToSend(origin, isHeld.length && limit, () => false);',
      },
    ],
  },
  {
    id: 'a retry without a wait',
    promise: 'what the server could not do is not asked again at once',
    edits: [
      {
        file: 'src/engine/answers/answerRows.ts',
        find: 'const wait = context.delayAfter(bound);',
        replace: 'const wait = 0;',
      },
    ],
  },
  {
    id: 'waits that do not grow',
    promise: 'what the server could not do is asked again after longer and longer waits',
    edits: [
      {
        file: 'src/engine/answers/answerRows.ts',
        find: 'attempts: lane.attempts + 1 };',
        replace: 'attempts: 0 };',
      },
    ],
  },
  {
    id: 'offline spends attempts',
    promise: 'offline time spends no attempt and makes no wait longer',
    edits: [
      {
        file: 'src/engine/sending/pusher.ts',
        find: 'for (const key of isThere ? open : [])',
        replace: 'for (const key of isThere || !this.#stopped ? open : [])',
      },
    ],
  },
  {
    id: 'cancel a sealed operation',
    promise: 'cancelled means that it never takes effect',
    edits: [
      {
        file: 'store/foldChoices.ts',
        find: "if (row.operationIds.some((id) => bound.includes(id))) return 'too late: it is sealed';",
        replace: '',
      },
      {
        file: 'src/outbox.ts',
        find: "if (leaving.some((id) => bound.includes(id))) return 'tooLate';",
        replace: '',
      },
    ],
  },
  {
    id: 'coalescing keeps the older value',
    promise: 'what is sent is what was written last',
    edits: [
      {
        file: 'store/seal.ts',
        find: 'changes = { ...changes, ...next.changes };',
        replace: 'changes = { ...next.changes, ...changes };',
      },
    ],
  },
  {
    id: 'chance without the seed',
    promise: 'time, chance and the world come through one door',
    edits: [
      {
        file: 'src/engine/sending/pusher.ts',
        find: "const random = env.random('backoff');",
        replace: 'const random = Math.random();',
      },
    ],
  },
];
