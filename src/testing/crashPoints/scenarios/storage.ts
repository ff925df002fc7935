import { away, bothIds, bothRejects, offline, refusedOnce, type ScenarioRow, sent } from './row.ts';

/** What the disk does, and what is done to it. */
export const storage: readonly ScenarioRow[] = [
  // Checkpoints.
  {
    ...{ name: 'between two writes', group: 'checkpoint', ids: bothIds },
    ...{ steps: ['checkpoint end'] },
    doing: [
      [500, 'create'],
      [1_000, 'checkpoint'],
      [1_500, 'update'],
    ],
  },
  {
    ...{ name: 'with writes that are not durable yet', group: 'checkpoint', ids: bothIds },
    ...{ steps: ['checkpoint end'] },
    doing: [
      [500, 'create'],
      [500.1, 'checkpoint'],
      [502, 'update'],
      [504, 'update'],
    ],
  },
  {
    ...{ name: 'with operations that wait', group: 'checkpoint', faults: [away], ids: bothIds },
    ...{ steps: ['checkpoint end'] },
    doing: [
      [500, 'create'],
      [510, 'update'],
      [600, 'checkpoint'],
    ],
  },
  {
    ...{ name: 'while a request is under way', group: 'checkpoint', steps: ['checkpoint end'] },
    doing: [
      [500, 'create'],
      [507, 'checkpoint'],
    ],
  },
  {
    ...{ name: 'with a dead letter', group: 'checkpoint', onReject: bothRejects },
    ...{ steps: ['checkpoint end', 'append edited'] },
    doing: [...refusedOnce, [1_500, 'checkpoint'], [2_000, 'edit']],
  },
  {
    ...{ name: 'with a conflict', group: 'checkpoint', devices: 2, seeded: 1 },
    ...{ steps: ['append parked', 'checkpoint end', 'append resolved'] },
    doing: [
      [600, 'remove', 0, 1],
      [1_500, 'update', 0, 0],
      [2_500, 'checkpoint', 0, 0],
      [3_000, 'resolve', 0, 0],
    ],
  },
  {
    ...{ name: 'one after another', group: 'checkpoint', steps: ['checkpoint end'] },
    doing: [
      [500, 'create'],
      [800, 'checkpoint'],
      [1_000, 'update'],
      [1_300, 'checkpoint'],
      [1_600, 'remove'],
      [1_900, 'checkpoint'],
    ],
  },
  {
    ...{ name: 'of many pages', group: 'checkpoint', seeded: 1_800, serverPage: 1_000 },
    ...{ doing: [[900, 'checkpoint']], steps: ['checkpoint slice', 'checkpoint end'] },
  },
  {
    ...{ name: 'of many pages, while somebody writes', group: 'checkpoint', seeded: 1_800 },
    ...{ serverPage: 1_000, steps: ['checkpoint slice', 'checkpoint end', 'append recorded'] },
    doing: [
      [900, 'checkpoint'],
      [900.2, 'create', 5_000],
      [903, 'update', 5_000],
    ],
  },
  {
    ...{ name: 'orphans are swept', group: 'checkpoint', seeded: 1_800, serverPage: 1_000 },
    ...{ faults: [{ step: 'checkpoint slice', do: 'killAfter' }], steps: ['sweep'] },
    doing: [
      [900, 'checkpoint'],
      [6_000, 'checkpoint'],
    ],
  },

  // A disk in trouble.
  ...(
    [
      ['append recorded', 'quota'],
      ['append recorded', 'lostBefore'],
      ['append recorded', 'lostAfter'],
      ['append recorded', 'slowDisk'],
      ['append sealed', 'quota'],
      ['append sealed', 'lostAfter'],
      ['append sealed', 'hangDisk'],
      ['append answered', 'quota'],
      ['append answered', 'lostBefore'],
      ['append answered', 'lostAfter'],
      ['append pulled', 'quota'],
      ['append pulled', 'lostAfter'],
      ['checkpoint end', 'quota'],
      ['checkpoint end', 'lostAfter'],
      ['take the lead', 'lostAfter'],
      ['identity', 'lostAfter'],
    ] as const
  ).map(
    ([step, fault]): ScenarioRow => ({
      ...{ name: `${step} and ${fault}`, group: 'disk', faults: [{ step, do: fault }] },
      ...{ seeded: 1, steps: [step] },
      doing: [
        [500, 'create', 1],
        [520, 'update', 1],
        [1_000, 'update', 0],
        ...(step === 'checkpoint end' ? [[1_500, 'checkpoint'] as const] : []),
      ],
    }),
  ),

  // A disk that lost what it had.
  {
    ...{ name: 'a damaged answer', group: 'damage', doing: [[500, 'create']], steps: sent },
    faults: [{ on: 'time', device: 0, at: 1_500, do: 'corruptRow' }],
  },
  {
    ...{ name: 'a damaged write', group: 'damage', steps: ['append recorded'] },
    faults: [away, { on: 'time', device: 0, at: 900, do: 'corruptRow' }],
    doing: [
      [500, 'create', 1],
      [600, 'create'],
    ],
  },
  {
    ...{ name: 'a damaged seal', group: 'damage', doing: [[500, 'create']], steps: sent },
    faults: [
      { request: 'POST', do: 'delayAnswer' },
      { on: 'time', device: 0, at: 800, do: 'corruptRow' },
    ],
  },
  {
    ...{ name: 'the database is gone', group: 'damage', ids: bothIds, steps: ['identity'] },
    faults: [{ on: 'time', device: 0, at: 1_500, do: 'wipe' }],
    doing: [
      [500, 'create'],
      [5_500, 'create', 1],
    ],
  },
  {
    ...{ name: 'the database is gone with what waited', group: 'damage', steps: ['identity'] },
    faults: [away, { on: 'time', device: 0, at: 1_500, do: 'wipeLater' }],
    doing: [
      [500, 'create'],
      [6_500, 'create', 1],
    ],
  },

  // What waited comes back from the second shelf.
  {
    ...{ name: 'the database is gone, what waited comes back', group: 'damage', ids: bothIds },
    ...{ shelf: true, steps: ['append recovered'] },
    faults: [away, { on: 'time', device: 0, at: 1_500, do: 'wipe' }],
    doing: [
      [500, 'create'],
      [600, 'create', 1],
      [700, 'update', 1],
      [6_500, 'create', 2],
    ],
  },
  {
    ...{ name: 'the database is gone, and again at the next start', group: 'damage', shelf: true },
    steps: ['append recovered'],
    faults: [
      offline(900, 9_000),
      { on: 'time', device: 0, at: 1_500, do: 'wipeLater' },
      { on: 'time', device: 0, at: 6_000, do: 'wipe' },
    ],
    doing: [
      [500, 'create'],
      [1_000, 'update'],
      [5_500, 'create', 1],
    ],
  },
  {
    ...{ name: 'the database is gone with a request on its way', group: 'damage', shelf: true },
    steps: ['append sealed', 'append recovered'],
    faults: [
      { request: 'POST', do: 'dropAnswer' },
      { on: 'time', device: 0, at: 900, do: 'wipe' },
    ],
    doing: [
      [500, 'create'],
      [800, 'update'],
    ],
  },

  {
    ...{ name: 'the database has lost its last rows', group: 'damage', ids: bothIds, shelf: true },
    steps: ['append answered', 'append recovered'],
    faults: [
      { request: 'PATCH', do: 'dropAnswer' },
      { on: 'time', device: 0, at: 1_500, do: 'fallBack' },
    ],
    doing: [
      [500, 'create'],
      [700, 'update'],
      [1_490, 'create', 1],
    ],
  },
  {
    ...{ name: 'the database has lost its last changes', group: 'damage', shelf: true },
    steps: ['append recorded'],
    faults: [offline(0, 9_000), { on: 'time', device: 0, at: 1_500, do: 'fallBack' }],
    doing: [
      [500, 'create'],
      [600, 'update'],
      [700, 'create', 1],
      [800, 'update'],
    ],
  },
  {
    ...{ name: 'the database is gone with a change of what the server has named', group: 'damage' },
    ...{ shelf: true, ids: ['server'], steps: ['append answered', 'append recovered'] },
    faults: [
      { request: 'PATCH', do: 'dropRequest' },
      { on: 'time', device: 0, at: 1_500, do: 'wipe' },
    ],
    doing: [
      [500, 'create'],
      [1_400, 'update'],
    ],
  },
  {
    ...{ name: 'the database is gone with a change behind the create that was just answered' },
    ...{ group: 'damage', shelf: true, ids: ['server'] },
    steps: ['append answered', 'append recovered'],
    faults: [
      { step: 'append sealed', nth: 2, do: 'slowDisk' },
      { on: 'time', device: 0, at: 900, do: 'wipe' },
    ],
    doing: [
      [500, 'create'],
      [505, 'update'],
    ],
  },
  {
    ...{ name: 'the database is gone after a change was refused', group: 'damage', shelf: true },
    steps: ['append recorded', 'append recovered'],
    faults: [
      offline(0, 9_000),
      { step: 'append recorded', nth: 2, do: 'quota' },
      { on: 'time', device: 0, at: 1_500, do: 'wipe' },
    ],
    doing: [
      [500, 'create'],
      [1_000, 'create', 1],
    ],
  },
  {
    ...{ name: 'the database is gone as a change is taken back', group: 'damage', shelf: true },
    steps: ['append recorded', 'append cancelled'],
    faults: [offline(0, 9_000), { on: 'time', device: 0, at: 1_005, do: 'wipe' }],
    doing: [
      [500, 'create'],
      [600, 'create', 1],
      [700, 'create', 2],
      [995, 'cancel'],
      [998, 'cancel', 1],
      [1_001, 'cancel', 2],
    ],
  },
  {
    ...{
      name: 'the database is gone after a write was given up that went through',
      group: 'damage',
    },
    ...{ shelf: true, steps: ['append recorded', 'append recovered'] },
    faults: [
      offline(0, 60_000),
      { step: 'append recorded', nth: 2, do: 'hangDisk' },
      { on: 'time', device: 0, at: 40_000, do: 'wipe' },
    ],
    doing: [
      [500, 'create'],
      [700, 'create', 1],
      [36_000, 'create', 2],
    ],
  },

  // The second shelf has no room.
  {
    ...{ name: 'the second shelf has no room, and then has', group: 'damage', shelf: true },
    steps: ['append recorded', 'append cancelled', 'append sealed'],
    faults: [offline(0, 2_500), { on: 'time', device: 0, at: 550, do: 'fullShelf', for: 3_000 }],
    doing: [
      [500, 'create'],
      [700, 'update'],
      [800, 'create', 1],
      [900, 'cancel', 1],
      [5_000, 'update'],
    ],
  },
  {
    ...{ name: 'the database is gone while the second shelf has no room', group: 'damage' },
    ...{ shelf: true, steps: ['append recorded', 'append recovered'] },
    faults: [
      offline(0, 9_000),
      { on: 'time', device: 0, at: 900, do: 'fullShelf', for: 4_000 },
      { on: 'time', device: 0, at: 2_000, do: 'wipe' },
    ],
    doing: [
      [500, 'create'],
      [1_000, 'update'],
      [1_100, 'create', 1],
      [6_500, 'update'],
    ],
  },
  {
    ...{ name: 'the second shelf dies as a change is made', group: 'damage', shelf: true },
    steps: ['append recorded', 'append sealed'],
    faults: [
      { on: 'time', device: 0, at: 499, do: 'shelfDies' },
      { on: 'time', device: 0, at: 1_500, do: 'wipe' },
    ],
    doing: [
      [500, 'create'],
      [502, 'update'],
    ],
  },

  // Everything is emptied.
  {
    ...{ name: 'after all was sent', group: 'clear', ids: bothIds },
    ...{ steps: ['append purged', 'checkpoint end'] },
    doing: [
      [500, 'create'],
      [1_500, 'clear'],
      [2_000, 'create', 1],
    ],
  },
  {
    ...{ name: 'with what waits', group: 'clear', faults: [away] },
    ...{ steps: ['append purged', 'checkpoint end'] },
    doing: [
      [500, 'create'],
      [510, 'update'],
      [900, 'clear'],
    ],
  },
];
