import { expect, onTestFinished, test } from 'vitest';
import { idsOf } from '../../src/testing/server/serverPort.ts';
import { SimServer } from '../../src/testing/server/simServer.ts';
import { openRealServer } from '../support/realServer.ts';
import { batchAt, type Learned, learn, requestAt, stateOf, toldBy } from './server.ts';

const collections = ['todos', 'notes'];
const serverIds = ['notes'];

async function bothServers(seed: number) {
  const simulated = new SimServer({ collections, serverIds, newId: idsOf(seed) });
  const real = await openRealServer({ seed, collections, serverIds });
  onTestFinished(() => real.close());
  return { simulated, real };
}

/** Sends both servers the same requests, one after the other; gives back what kinds there were. */
async function compared(seed: number, count: number): Promise<string[]> {
  const { simulated, real } = await bothServers(seed);
  const learned: Learned = { keys: [], cursors: [[], []], ids: [] };
  const kinds: string[] = [];
  for (let n = 0; n < count; n++) {
    if (n === count - 40) {
      simulated.reset();
      real.reset();
    }
    const request = requestAt(seed, n, learned);
    const answers = [simulated.handle(request(0)), await real.handle(request(1))] as const;
    const [ours, theirs] = answers.map(toldBy);
    const asked = { seed, n, request: request(1) };
    expect({ ...asked, ...ours }).toEqual({ ...asked, ...theirs });
    learn(learned, request(0), answers);
    kinds.push(`${request(0).method} ${ours?.status}`);
  }
  expect(stateOf(simulated)).toEqual(stateOf(real));
  return kinds;
}

test('the simulated server answers 1,000 random requests as the reference server does, field by field', async () => {
  const kinds = new Set<string>();
  for (const seed of [1, 2, 3, 4]) {
    for (const kind of await compared(seed, 250)) kinds.add(kind);
  }
  // A generator that asks for nothing of interest would agree with anything.
  expect([...kinds]).toEqual(expect.arrayContaining(essential));
});

test('a batch is answered operation by operation as the reference server does, keys that come again among them', async () => {
  const seen = new Set<unknown>();
  for (const seed of [11, 12]) {
    const { simulated, real } = await bothServers(seed);
    const learned: Learned = { keys: [], cursors: [[], []], ids: [] };
    for (let n = 2; n <= 120; n++) {
      // Every second time the same again, as after an answer that was lost.
      const request = batchAt(seed, n >> 1, learned);
      const ours = toldBy(simulated.handle(request));
      const theirs = toldBy(await real.handle(request));
      expect({ seed, n, request, ...ours }).toEqual({ seed, n, request, ...theirs });
      const { results } = ours.body as { results?: { status: unknown; replayed?: boolean }[] };
      for (const { status, replayed } of results ?? []) seen.add(replayed ? 'again' : status);
    }
    expect(stateOf(simulated)).toEqual(stateOf(real));
  }
  expect([...seen]).toEqual(expect.arrayContaining([201, 200, 204, 409, 412, 422, 'again']));
});

const essential = [
  ...['GET 200', 'GET 404', 'GET 410', 'POST 201', 'POST 409', 'POST 422', 'PATCH 200'],
  ...['PATCH 410', 'PATCH 412', 'PATCH 422', 'PUT 412', 'DELETE 204', 'DELETE 410'],
];
