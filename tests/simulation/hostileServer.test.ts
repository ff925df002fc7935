import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import { rest } from '../../src/rest.ts';
import { keyed, keyedBelow, keyedPick } from '../../src/testing/world/keyed.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import { freeRun } from '../support/freeRun.ts';
import { badState, changedPrototype } from '../support/hostile.ts';
import {
  type HostileAnswer,
  hostileAnswer,
  responseOf,
  type WireAnswer,
} from '../support/hostileAnswers.ts';
import { canonical } from '../support/rows.ts';

/** Fails with the case that did it. */
function check({ number, how, status, headers, body }: HostileAnswer, broken: string | null): void {
  const why = broken ?? changedPrototype();
  if (!why) return;
  const said = `${status} ${JSON.stringify(headers).slice(0, 400)} ${body.slice(0, 400)}`;
  expect.fail(`case ${number} (${how}): ${why}\n${said}`);
}

const json = { 'content-type': 'application/json' };
const problem = { 'content-type': 'application/problem+json' };
const record = { id: 'a', title: 'Tea', tags: ['x', { y: null }], n: 1 };
const page = {
  items: [record, { ...record, id: 'b' }],
  versions: { a: { version: 1 }, b: '"2"' },
  deleted: [{ id: 'c', version: 3 }, 'd'],
  cursor: '1.7',
  hasMore: false,
  epoch: '1',
};
const conflict = { type: 'precondition-failed', record, version: 3, lastOperationId: 'o' };
const answers: readonly WireAnswer[] = [
  { status: 200, headers: { ...json, etag: '"3"' }, body: JSON.stringify(record) },
  { status: 201, headers: { ...json, location: '/todos/a' }, body: JSON.stringify(record) },
  { status: 204, headers: {}, body: '' },
  { status: 409, headers: problem, body: JSON.stringify(conflict) },
  { status: 412, headers: problem, body: JSON.stringify(conflict) },
  { status: 422, headers: problem, body: JSON.stringify({ title: 'invalid', detail: 'why' }) },
  { status: 503, headers: { ...problem, 'retry-after': '3' }, body: '{"status":503}' },
  { status: 200, headers: json, body: JSON.stringify(page) },
  { status: 200, headers: json, body: JSON.stringify(page.items) },
];

describe('the border to the server', () => {
  const signal = new AbortController().signal;

  async function brokenAnswer(answer: HostileAnswer): Promise<string | null> {
    const fetch = async () => responseOf(answer);
    const transport = rest({ baseUrl: 'https://example.com/' })({ ...browserEnv, fetch });
    const pick = <T>(label: string, from: readonly T[]) => keyedPick(answer.number, label, from);
    const ids = pick('ids', ['client', 'server'] as const);
    const model = {
      name: 'todo',
      endpoint: 'todos',
      ids,
      nulls: 'delete',
      versionField: null,
    } as const;
    const kind = pick('intent', ['create', 'update', 'delete'] as const);
    const intent = { kind, model: 'todo', recordId: 'a', key: 'k', operationIds: ['k'] } as const;
    const of = {
      changes: { title: 'Tea' },
      base: record,
      version: '"1"',
      alias: null,
      request: null,
    };
    const wire = transport.seal({ ...intent, ...of }, model);
    const request: SealedRequest = { ...wire, kind, key: 'k', operationIds: ['k'] };
    const asked = { model, cursor: null, limit: 10, offset: 0, filter: {} };
    const said = await Promise.allSettled([
      transport.push(request, model, signal),
      transport.pull(asked, signal),
      transport.read(model, 'a', signal),
    ]);
    for (const one of said) {
      // A page of somebody else's in front of the server is no answer: it ends as a failed wire does.
      const isTyped = one.status === 'fulfilled' || one.reason?.name === 'SyncError';
      if (!isTyped) return `threw ${one.reason?.stack}`;
    }
    return badState(said.map((one) => (one.status === 'fulfilled' ? one.value : null)));
  }

  test('SV20 SV14 SV21 DA1 I26: whatever a server says is an answer: it never throws, and brings nothing that can not be kept', async () => {
    for (let number = 0; number < 6_000; number++) {
      const good = answers[number % answers.length] as WireAnswer;
      const answer = hostileAnswer(number, good);
      let broken: string | null;
      try {
        broken = await brokenAnswer(answer);
      } catch (error) {
        broken = `threw ${(error as Error).stack}`;
      }
      check(answer, broken);
    }
  });
});

describe('a server that goes mad', () => {
  /** Longer than any pause that a server can ask for (24 h). */
  const calm = 26 * 3_600_000;

  async function madness(seed: number): Promise<void> {
    const ids = keyed(seed, 'ids') < 0.5 ? 'server' : 'client';
    const { run, device, pass } = freeRun(seed, { ids, onReject: 'keep' });
    const { server } = run;
    const honest = server.handle.bind(server);
    const told: string[] = [];
    let count = 0;
    let isMad = true;
    server.handle = async (request) => {
      const answer = await honest(request);
      if (!isMad || keyed(seed, `mad/${++count}`) < 0.4) return answer;
      const bad = hostileAnswer(seed * 1_000 + count, answer);
      told.push(`${request.method} ${request.path}: ${bad.how}`);
      return bad;
    };
    const fail = (why: string) => expect.fail(`seed ${seed}: ${why}; it said\n${told.join('\n')}`);
    try {
      for (let i = 0; i < 25; i++) {
        const act = keyedPick(seed, `do/${i}`, [
          'create',
          'update',
          'update',
          'remove',
          'pull',
        ] as const);
        device.act({ at: i, device: 0, record: keyedBelow(seed, `record/${i}`, 3), do: act });
        await pass(2_000);
      }
      isMad = false;
      device.act({ at: 0, device: 0, record: 0, do: 'reload' });
      await pass(calm);
      if (run.errors.length > 0) fail(`an error: ${(run.errors[0] as Error).stack}`);
      const disk = await device.onDisk();
      const bad = badState(canonical(disk));
      if (bad) fail(`the facts: ${bad}`);
      if (disk.quarantine.size > 0) fail('it wrote a row that it can not read');
      const changed = changedPrototype();
      if (changed) fail(changed);
      // It goes on: what is written now reaches the server.
      device.act({ at: 0, device: 0, record: 9, do: 'create' });
      await pass(120_000);
      const sound = device.life?.sync.models.todo.selectRecordStatus(
        { sync: device.life.state() },
        'r9',
      );
      if (sound?.status !== 'synced') fail(`afterwards a new record is ${sound?.status}`);
    } finally {
      device.close();
    }
  }

  test('SV20 I14 I26: after a server that says anything the device reads what it wrote, and goes on', async () => {
    for (let seed = 1; seed <= 80; seed++) await madness(seed);
  }, 60_000);
});
