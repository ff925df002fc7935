import { away, bothIds, bothRejects, offline, refusedOnce, type ScenarioRow, sent } from './row.ts';

/** What one person does on one device. */
export const ownWrites: readonly ScenarioRow[] = [
  // What one person writes on one device.
  { name: 'create', group: 'write', doing: [[500, 'create']], steps: sent, ids: bothIds },
  {
    ...{ name: 'create, then update', group: 'write', steps: sent, ids: bothIds },
    doing: [
      [500, 'create'],
      [1_000, 'update'],
    ],
  },
  {
    ...{ name: 'create, then remove', group: 'write', steps: sent, ids: bothIds },
    doing: [
      [500, 'create'],
      [1_000, 'remove'],
    ],
  },
  {
    ...{ name: 'create, remove, create again', group: 'write', steps: sent },
    doing: [
      [500, 'create'],
      [1_000, 'remove'],
      [1_500, 'create'],
    ],
  },
  {
    ...{ name: 'a chain of updates', group: 'write', steps: sent, ids: bothIds },
    doing: [
      [500, 'create'],
      [900, 'update'],
      [1_300, 'update'],
      [1_700, 'update'],
    ],
  },
  { name: 'upsert of a new record', group: 'write', doing: [[500, 'upsert']], steps: sent },
  {
    ...{ name: 'upsert of a record that is there', group: 'write', steps: sent, ids: bothIds },
    doing: [
      [500, 'create'],
      [1_000, 'upsert'],
    ],
  },
  {
    ...{ name: 'two records side by side', group: 'write', steps: sent, ids: bothIds },
    doing: [
      [500, 'create', 0],
      [500.1, 'create', 1],
      [900, 'update', 0],
      [900.1, 'remove', 1],
    ],
  },
  {
    ...{ name: 'a reload between two writes', group: 'write', steps: sent, ids: bothIds },
    doing: [
      [500, 'create'],
      [1_000, 'reload'],
      [4_500, 'update'],
    ],
  },
  {
    ...{ name: 'a reload right after a write', group: 'write', steps: ['take the lead'] },
    doing: [
      [500, 'create'],
      [501, 'reload'],
    ],
  },

  // Several writes, one request.
  {
    ...{ name: 'create and updates become one request', group: 'coalesce', ids: bothIds },
    ...{ faults: [away], steps: sent },
    doing: [
      [500, 'create'],
      [510, 'update'],
      [520, 'update'],
      [530, 'update'],
    ],
  },
  {
    ...{ name: 'create and remove need no request', group: 'coalesce', ids: bothIds },
    ...{ faults: [away], steps: ['append recorded', 'append cancelled'] },
    doing: [
      [500, 'create'],
      [510, 'update'],
      [520, 'remove'],
    ],
  },
  {
    ...{ name: 'updates and a remove become one delete', group: 'coalesce', steps: sent },
    ...{ seeded: 1, faults: [offline(400, 3_000)] },
    doing: [
      [600, 'update'],
      [610, 'update'],
      [620, 'remove'],
    ],
  },
  {
    ...{ name: 'updates behind a sealed one become the next', group: 'coalesce', steps: sent },
    ...{ faults: [offline(800, 3_000)], ids: bothIds },
    doing: [
      [500, 'create'],
      [900, 'update'],
      [910, 'update'],
      [920, 'update'],
    ],
  },
  {
    ...{ name: 'two upserts become one', group: 'coalesce', faults: [away], steps: sent },
    doing: [
      [500, 'upsert'],
      [510, 'upsert'],
    ],
  },

  // Edits while a request is under way.
  {
    ...{ name: 'update while the create is under way', group: 'inFlight', ids: bothIds },
    ...{ steps: sent },
    doing: [
      [500, 'create'],
      [506, 'update'],
    ],
  },
  {
    ...{ name: 'two updates while the create is under way', group: 'inFlight', ids: bothIds },
    ...{ steps: sent },
    doing: [
      [500, 'create'],
      [506, 'update'],
      [508, 'update'],
    ],
  },
  {
    ...{ name: 'remove while the create is under way', group: 'inFlight', ids: bothIds },
    ...{ steps: sent },
    doing: [
      [500, 'create'],
      [506, 'remove'],
    ],
  },
  {
    ...{ name: 'update while a retry is due', group: 'inFlight', ids: bothIds },
    ...{ steps: [...sent, 'append retryScheduled'] },
    faults: [{ request: 'POST', do: 'status500' }],
    doing: [
      [500, 'create'],
      [700, 'update'],
    ],
  },
  {
    ...{ name: 'the server asks for time', group: 'network', ids: bothIds },
    ...{ steps: [...sent, 'append originPaused'] },
    faults: [{ request: 'POST', do: 'tooMany' }],
    doing: [
      [500, 'create'],
      [700, 'update'],
    ],
  },
  {
    ...{ name: 'the server works on it', group: 'network', ids: bothIds },
    ...{ steps: [...sent, 'append retryScheduled'] },
    faults: [{ request: 'POST', do: 'accepted' }],
    doing: [
      [500, 'create'],
      [700, 'update'],
    ],
  },

  // What the server refuses.
  {
    ...{ name: 'a refused update', group: 'deadLetter', ids: bothIds, onReject: bothRejects },
    ...{ doing: refusedOnce, steps: [...sent, 'append parked'] },
  },
  {
    ...{ name: 'a dead letter is discarded', group: 'deadLetter', onReject: bothRejects },
    ...{ doing: [...refusedOnce, [1_500, 'discard']], steps: ['append discarded'] },
  },
  {
    ...{ name: 'a dead letter goes again', group: 'deadLetter', onReject: bothRejects },
    ...{ doing: [...refusedOnce, [1_500, 'retry']], steps: ['append retried'] },
  },
  {
    ...{ name: 'a dead letter is mended', group: 'deadLetter', onReject: bothRejects },
    ...{ doing: [...refusedOnce, [1_500, 'edit']], steps: ['append edited'], ids: bothIds },
  },
  {
    ...{ name: 'mended with edits behind it', group: 'deadLetter', onReject: bothRejects },
    ...{ steps: ['append edited'] },
    doing: [...refusedOnce, [1_300, 'update'], [1_400, 'upsert'], [1_600, 'edit']],
  },
  {
    ...{ name: 'discarded with edits behind it', group: 'deadLetter', onReject: bothRejects },
    ...{ steps: ['append discarded'] },
    doing: [...refusedOnce, [1_300, 'update'], [1_600, 'discard']],
  },
  {
    ...{ name: 'a dead letter holds no other record', group: 'deadLetter', steps: sent },
    doing: [...refusedOnce, [1_000.1, 'create', 1], [1_400, 'update', 1], [1_800, 'edit']],
  },

  // What is taken back.
  {
    ...{ name: 'cancel before the seal', group: 'cancel', faults: [away], ids: bothIds },
    ...{ steps: ['append recorded', 'append cancelled'] },
    doing: [
      [500, 'create'],
      [510, 'update'],
      [600, 'cancel'],
    ],
  },
  {
    ...{ name: 'cancel an update before the seal', group: 'cancel', seeded: 1 },
    ...{ steps: ['append cancelled'] },
    doing: [
      [1_000, 'update'],
      [1_000.1, 'cancel'],
      [1_500, 'update'],
    ],
  },
  {
    ...{ name: 'cancel after the seal', group: 'cancel', steps: sent, ids: bothIds },
    doing: [
      [500, 'create'],
      [507, 'cancel'],
    ],
  },
  {
    ...{ name: 'cancel while the seal is written', group: 'cancel', steps: ['append recorded'] },
    doing: [
      [500, 'create'],
      [502, 'cancel'],
    ],
  },
];
