import { expect, test } from 'vitest';
import { identify } from '../../src/journal/identity.ts';
import { encodeLines, fileName } from '../../src/journal/shelfFiles.ts';
import { identityCodec } from '../../src/ports/codec.ts';
import { memoryShelf } from '../../src/storage/memoryShelf.ts';
import { memory } from '../../src/storage.ts';
import type { ShelfLine } from '../../store/shelf/line.ts';
import { operation } from '../support/rows.ts';
import { quickEnv } from '../support/tinyServer.ts';

/** Steps between two breaths at most, where the clock stands still. */
const steps = 64;

test('N14 N16: however much comes back from the second shelf, others may run in between', async () => {
  const count = 2_000;
  const database = 'lost';
  const lines = Array.from({ length: count }, (_, i): ShelfLine => {
    const told = operation('create', `record-${i}`, { n: i });
    const salvage = { base: null, version: null };
    return {
      v: 1,
      kind: 'operation',
      s: i + 1,
      actionId: { writer: 'w', n: i + 1 },
      generation: 0,
      operation: told,
      salvage,
      alias: null,
    };
  });
  const shelf = await memoryShelf().open('app');
  const file: ShelfLine = { v: 1, kind: 'file', database, replaces: [] };
  const text = await encodeLines(identityCodec, [file, ...lines]);
  await shelf.append(fileName({ database, writer: 'w', n: 0 }), text);
  let breaths = 0;
  const env = {
    ...quickEnv(),
    now: () => 0,
    breathe: async () => {
      breaths++;
    },
  };
  const connection = await memory().open('app');
  const renamed = <T>(_: string, record: T) => record;
  const identity = await identify({
    ...{ env, connection, shelf, codec: identityCodec, name: 'app', renamed },
  });
  expect(identity.recovered).toHaveLength(count);
  expect(await connection.readRows(0, count + 1)).toHaveLength(count);
  // Each line is read, told to its lane and written as a row; each lane is gathered.
  expect(breaths).toBeGreaterThanOrEqual(4 * Math.floor(count / steps));
});
