import { describe, expect, test } from 'vitest';
import type { Addressed, Answer, BatchAnswer } from '../../src/index.ts';
import { memory, type Storage } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { type Bend, pause, statusOf, synced, tinyWorld } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

interface Seen {
  readonly batches: string[][];
  most: number;
  /** Under way. */
  open: number;
}

/** A server that takes batches; `bend` changes what it says of one. */
function batching(
  bendAnswer: (
    answers: Map<string, Answer | 'notAttempted'>,
    sent: readonly Addressed[],
  ) => BatchAnswer | undefined,
  batchLimit = 100,
) {
  const seen: Seen = { batches: [], most: 0, open: 0 };
  const bend: Bend = ({ push }) => ({
    batchLimit,
    pushMany: async (sent, signal) => {
      seen.batches.push(sent.map(({ request }) => request.key));
      seen.most = Math.max(seen.most, ++seen.open);
      await pause(2);
      const answers = new Map<string, Answer | 'notAttempted'>();
      for (const { request, model } of sent) {
        answers.set(request.key, await push(request, model, signal));
      }
      seen.open--;
      return bendAnswer(answers, sent) ?? { kind: 'answers', answers };
    },
  });
  return { seen, bend };
}

/** `count` records written while the network is held, then let go. */
async function drained(bend: Bend, count: number, storage: Storage = memory()) {
  const device = await world.settled({ bend, storage });
  const { todo } = device.sync.models;
  device.sync.pause();
  const writes = Array.from({ length: count }, (_, i) =>
    todo.create({ id: `r${i}`, title: `t${i}`, done: false }),
  );
  for (const write of writes) await write.saved;
  await device.sync.resume();
  return { device, writes };
}

describe('P18 S12: a batch', () => {
  test('carries many operations in one request, two requests at most under way, each operation once', async () => {
    const { seen, bend } = batching(() => undefined, 50);
    const { device } = await drained(bend, 500);
    await synced(device);
    const keys = seen.batches.flat();
    expect(new Set(keys).size).toBe(500);
    expect(keys).toHaveLength(500);
    expect(seen.batches.length).toBeLessThanOrEqual(14);
    expect(seen.most).toBe(2);
    expect(Math.max(...seen.batches.map((batch) => batch.length))).toBe(50);
  });

  test('while more waits no transaction has answers alone: what goes next is sealed in it', async () => {
    const { seen, bend } = batching(() => undefined, 10);
    /** What each transaction has of it. */
    const written: { sealed: number; answers: number }[] = [];
    const storage = bent(memory(), {
      beforeCommit: async ({ append = [] }) => {
        const rows = append.map((text) => JSON.parse(text));
        const sealed = rows.flatMap((row) => (row.type === 'sealed' ? row.requests : [])).length;
        const answers = rows.filter(({ type }) => type === 'answered').length;
        if (sealed + answers > 0) written.push({ sealed, answers });
        // It takes longer than the server, however long that takes.
        for (let idle = 0; idle < 3; idle = seen.open > 0 ? 0 : idle + 1) await pause(1);
      },
    });
    const { device } = await drained(bend, 200, storage);
    await synced(device);
    expect(seen.batches.flat()).toHaveLength(200);
    const allSealed = written.findLastIndex(({ sealed }) => sealed !== 0);
    const alone = written.slice(0, allSealed).filter(({ sealed }) => sealed === 0);
    expect(alone).toEqual([]);
    // The first takes what the first requests carry, and no more.
    expect(written[0]).toEqual({ sealed: 20, answers: 0 });
  });

  test('SV33: answers are matched by operation, not by place; one that is missing goes again', async () => {
    let first = true;
    const { seen, bend } = batching((answers) => {
      if (!first) return undefined;
      first = false;
      const turned = new Map([...answers].reverse());
      turned.delete([...answers.keys()][0] ?? '');
      turned.set('of-somebody-else', { kind: 'committed', remote: null, version: null });
      return { kind: 'answers', answers: turned };
    });
    const { device, writes } = await drained(bend, 10);
    await synced(device);
    for (const { id } of writes)
      expect(world.server.find('todo', id)?.record?.title).toBe(`t${id.slice(1)}`);
    expect(seen.batches[0]).toHaveLength(10);
  });

  test('NW21: what was not attempted goes with the next one, and spends no attempt', async () => {
    let left = 1;
    const { seen, bend } = batching((answers) => {
      if (left-- <= 0) return undefined;
      for (const key of [...answers.keys()].slice(4)) answers.set(key, 'notAttempted');
      return { kind: 'answers', answers };
    });
    const notYet: Bend = (straight) => bend(straight);
    const { device } = await drained(notYet, 10);
    await synced(device);
    expect(seen.batches.map((batch) => batch.length)).toEqual([10, 6]);
  });

  test('SV12: one that is too large is halved until it fits', async () => {
    const { seen, bend } = batching((_, sent) =>
      sent.length > 3 ? { kind: 'tooLarge' } : undefined,
    );
    const tooMuch: Bend = (straight) => {
      const { pushMany, ...rest } = bend(straight);
      return {
        ...rest,
        pushMany: async (sent, signal) => {
          if (sent.length <= 3 && pushMany) return pushMany(sent, signal);
          seen.batches.push(sent.map(({ request }) => request.key));
          return { kind: 'tooLarge' };
        },
      };
    };
    const { device } = await drained(tooMuch, 20);
    await synced(device);
    expect(Math.min(...seen.batches.map((batch) => batch.length))).toBeLessThanOrEqual(3);
    expect(statusOf(device).failed).toBe(0);
    expect(world.server.ids('todo')).toHaveLength(20);
  });

  test('NW9 NW21: a lost answer is asked for again with the same keys, however it is regrouped', async () => {
    let lost = 0;
    const { seen, bend } = batching(() => {
      if (lost++ > 0) return undefined;
      throw new TypeError('connection reset');
    });
    const { device } = await drained(bend, 10);
    await until('all are there', () => world.server.ids('todo').length === 10);
    await synced(device);
    const [first = [], ...later] = seen.batches;
    const resent = later.flat();
    expect(resent.length).toBeGreaterThan(0);
    expect(resent.every((key) => first.includes(key))).toBe(true);
    for (const id of world.server.ids('todo')) {
      expect(world.server.find('todo', id)?.version).toBe(1);
    }
  });

  test('P5: one operation that is refused harms none of the others', async () => {
    const failure = { code: 'rejected', status: 422, message: 'no', at: 1 } as const;
    const { bend } = batching((answers, sent) => {
      const bad = sent.find(({ request }) => request.body?.includes('"t3"'));
      if (bad) answers.set(bad.request.key, { kind: 'rejected', failure });
      return { kind: 'answers', answers };
    });
    const { device, writes } = await drained(bend, 8);
    const outcomes = await Promise.all(writes.map((write) => write.settled));
    expect(outcomes.filter(({ outcome }) => outcome === 'committed')).toHaveLength(7);
    await until('one waits for a person', () => statusOf(device).failed === 1);
  });

  test('AU1: a 401 for the whole holds all of it; nothing is spent', async () => {
    let isIn = false;
    const { bend } = batching(() => undefined);
    const guarded: Bend = (straight) => {
      const { pushMany, ...rest } = bend(straight);
      const failure = { code: 'unauthorized', status: 401, message: 'no', at: 1 } as const;
      return {
        ...rest,
        pushMany: async (sent, signal) =>
          isIn && pushMany
            ? pushMany(sent, signal)
            : { kind: 'failed', answer: { kind: 'held', by: 'auth', retryIn: null, failure } },
        refresh: async () => {
          isIn = true;
          return true;
        },
      };
    };
    const { writes } = await drained(guarded, 10);
    for (const write of writes) expect((await write.settled).outcome).toBe('committed');
  });
});
