import { bothIds, bothRejects, offline, type ScenarioRow, sent } from './row.ts';

/** What the network and other devices do. */
export const others: readonly ScenarioRow[] = [
  // What the network does.
  ...(
    [
      ['POST', 'dropAnswer'],
      ['POST', 'dropRequest'],
      ['PATCH', 'dropAnswer'],
      ['DELETE', 'dropAnswer'],
      ['POST', 'status500'],
      ['POST', 'unavailable'],
      ['PATCH', 'tooMany'],
      ['PATCH', 'truncate'],
      ['POST', 'html'],
      ['PATCH', 'duplicate'],
      ['POST', 'delayAnswer'],
    ] as const
  ).map(([request, fault]): ScenarioRow => {
    const isCreate = request === 'POST';
    return {
      ...{ name: `${request} and ${fault}`, group: 'network', steps: sent },
      ...{ faults: [{ request, do: fault }], ids: isCreate ? bothIds : ['client'] },
      doing: [
        [500, 'create'],
        ...(request === 'PATCH' ? [[1_000, 'update'] as const] : []),
        ...(request === 'DELETE' ? [[1_000, 'remove'] as const] : []),
      ],
    };
  }),
  {
    ...{ name: 'offline, then online', group: 'network', faults: [offline(400, 5_000)] },
    ...{ steps: sent, ids: bothIds },
    doing: [
      [500, 'create'],
      [700, 'update'],
      [900, 'create', 1],
    ],
  },

  // What others changed. A pull at an odd moment goes on from the cursor, at an even one it begins
  // anew; where 3 divides the moment the server has forgotten its cursors.
  {
    ...{ name: 'a page', group: 'pull', seeded: 3, ids: bothIds },
    ...{ doing: [[601, 'pull']], steps: ['append pulled'] },
  },
  {
    ...{ name: 'a pull while a change waits', group: 'pull', seeded: 2, steps: sent },
    faults: [{ request: 'PATCH', do: 'delayAnswer' }],
    doing: [
      [500, 'update', 0],
      [701, 'pull'],
    ],
  },
  {
    ...{ name: 'tombstones', group: 'pull', devices: 2, seeded: 2, steps: ['append pulled'] },
    doing: [
      [600, 'remove', 0, 1],
      [1_501, 'pull', 0, 0],
    ],
  },
  {
    ...{ name: 'a change of another device', group: 'pull', devices: 2, ids: bothIds },
    ...{ steps: ['append pulled'] },
    doing: [
      [500, 'create', 0, 1],
      [1_001, 'pull', 0, 0],
      [1_500, 'update', 0, 1],
      [2_003, 'pull', 0, 0],
    ],
  },
  {
    ...{ name: 'many pages', group: 'bootstrap', seeded: 5, serverPage: 2 },
    ...{ doing: [[900, 'update', 4]], steps: ['append pulled', ...sent] },
  },
  {
    ...{ name: 'a write before the first pull', group: 'bootstrap', ids: bothIds },
    ...{ seeded: 5, serverPage: 2, steps: ['append pulled', ...sent] },
    doing: [
      [2, 'create', 9],
      [90, 'update', 9],
    ],
  },
  ...([1_502, 1_503] as const).map(
    (at): ScenarioRow => ({
      name: at % 2 === 0 ? 'everything once more' : 'a cursor that the server has forgotten',
      ...{ group: 'bootstrap', devices: 2, seeded: 5, serverPage: 2 },
      ...{ steps: ['append pulled', ...sent] },
      doing: [
        [600, 'remove', 3, 1],
        [900, 'update', 4, 1],
        [at, 'pull', 0, 0],
        [1_510, 'create', 9, 0],
      ],
    }),
  ),

  // Two devices, one record.
  {
    ...{ name: 'both change it', group: 'conflict', devices: 2, seeded: 1, onReject: bothRejects },
    ...{ steps: ['append resolved'] },
    doing: [
      [600, 'update', 0, 0],
      [601, 'update', 0, 1],
    ],
  },
  {
    ...{ name: 'both change it, twice', group: 'conflict', devices: 2, seeded: 1 },
    ...{ steps: ['append resolved'] },
    doing: [
      [600, 'update', 0, 0],
      [601, 'update', 0, 1],
      [640, 'update', 0, 0],
      [650, 'update', 0, 1],
    ],
  },
  ...(['keepLocal', 'keepRemote'] as const).flatMap((choice): ScenarioRow[] => {
    const at = choice === 'keepLocal' ? 3_000 : 3_001;
    return [
      {
        ...{ name: `changed here, deleted there, ${choice}`, group: 'conflict', devices: 2 },
        ...{ seeded: 1, ids: bothIds, steps: ['append parked', 'append resolved'] },
        doing: [
          [600, 'remove', 0, 1],
          [1_500, 'update', 0, 0],
          [at, 'resolve', 0, 0],
        ],
      },
      {
        ...{ name: `deleted here, changed there, ${choice}`, group: 'conflict', devices: 2 },
        ...{ seeded: 1, steps: ['append parked', 'append resolved'] },
        doing: [
          [600, 'update', 0, 1],
          [1_500, 'remove', 0, 0],
          [at, 'resolve', 0, 0],
        ],
      },
      {
        ...{ name: `found by a pull, edited again, ${choice}`, group: 'conflict', devices: 2 },
        ...{ seeded: 1, steps: ['append parked', 'append resolved'] },
        faults: [offline(550, 900)],
        doing: [
          [600, 'remove', 0, 1],
          [701, 'pull', 0, 0],
          [900, 'update', 0, 0],
          [2_600, 'update', 0, 0],
          [at + 2_000, 'resolve', 0, 0],
        ],
      },
    ];
  }),
  {
    ...{ name: 'a record made here, changed there', group: 'conflict', devices: 2, ids: bothIds },
    ...{ steps: sent },
    doing: [
      [500, 'create', 0, 0],
      [901, 'pull', 0, 1],
      [1_300, 'update', 0, 1],
      [1_301, 'update', 0, 0],
    ],
  },
];
