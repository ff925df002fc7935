import { expect, test } from 'vitest';
import { VersionReads } from '../../src/engine/pulls/versionReads.ts';
import { type Facts, laneKey } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { operationsIn } from '../../store/operationsIn.ts';
import { getIn } from '../../store/pages.ts';
import {
  answered,
  failure,
  operation,
  recorded,
  row,
  sealed,
  TestJournal,
} from '../support/rows.ts';
import { quickEnv } from '../support/tinyServer.ts';

const env = quickEnv();

/** Facts of a record of which no version was told. */
function versionless() {
  const create = operation('create', 'a', { id: 'a' });
  const { facts } = new TestJournal().add(
    ...[recorded(create), sealed([create]), answered([create], { id: 'a' }, null)],
    recorded(operation('update', 'a', { title: 'x' })),
  );
  expect(getIn(facts.models.todo?.records ?? expect.fail(), 'a')?.version).toBeNull();
  return facts;
}

/** The same after a pull that told the version. */
function told(facts: Facts): Facts {
  const items = [{ id: 'a', record: { id: 'a' }, version: '"1"' }];
  const page = { items, deleted: [], since: null, cursor: null, complete: true };
  const pulled = row({ type: 'pulled', model: 'todo', ...page });
  return foldEntries(facts, [{ sequence: facts.head + 1, row: pulled }]).facts;
}

test('SV2 SV6: what is read for its version waits while the origin is held, and goes when that is over', async () => {
  const facts = versionless();
  const asked: string[] = [];
  let isHeld = true;
  const reads = new VersionReads({
    ...{ env, facts: () => facts, release: () => {} },
    mayRead: () => !isHeld,
    read: async (_, id) => {
      asked.push(id);
      return { status: 'done', failure: null };
    },
  });
  reads.add('todo', 'a');
  reads.work();
  reads.pulled('todo');
  expect(asked).toEqual([]);
  isHeld = false;
  reads.work();
  await expect.poll(() => asked).toEqual(['a']);
  reads.work();
  expect(asked).toEqual(['a']);
  reads.stop();
});

test('SV15: a read that was put off is no reason to go without a version: it is asked again', async () => {
  const facts = versionless();
  const released: string[] = [];
  let ends = 0;
  const reads = new VersionReads({
    ...{ env, facts: () => facts, mayRead: () => true },
    release: (lanes) => released.push(...lanes),
    read: async () => {
      ends++;
      return { status: 'postponed', failure: null };
    },
  });
  reads.add('todo', 'a');
  await expect.poll(() => ends).toBe(1);
  await Promise.resolve();
  expect(released).toEqual([]);
  expect(reads.wants('todo', 'a')).toBe(true);
  reads.stop();
});

test('what got no answer is asked for as soon as a pull had one, and no timer stays behind', async () => {
  const facts = versionless();
  const timers = new Set<unknown>();
  const released: string[] = [];
  let isDown = true;
  const reads = new VersionReads({
    env: {
      ...env,
      setTimer: () => {
        timers.add('wait');
        return 'wait' as never;
      },
      clearTimer: (timer) => void timers.delete(timer),
    },
    facts: () => facts,
    mayRead: () => true,
    release: (lanes) => released.push(...lanes),
    read: async () =>
      isDown
        ? { status: 'failed', failure: { ...failure, code: 'network' } }
        : { status: 'done', failure: null },
  });
  reads.add('todo', 'a');
  await expect.poll(() => timers.size).toBe(1);
  isDown = false;
  reads.pulled('todo');
  await expect.poll(() => released.length).toBe(1);
  expect(timers.size).toBe(0);
});

test('what a pull has told meanwhile is not asked for again when the read fails at last', async () => {
  let facts = versionless();
  const waits: number[] = [];
  const released: string[] = [];
  const reads = new VersionReads({
    env: { ...env, setTimer: (delay) => waits.push(delay) as never },
    facts: () => facts,
    mayRead: () => true,
    release: (lanes) => released.push(...lanes),
    read: async () => {
      facts = told(facts);
      return { status: 'failed', failure: { ...failure, code: 'timeout' } };
    },
  });
  reads.add('todo', 'a');
  await expect.poll(() => released.length).toBe(1);
  await expect.poll(() => reads.wants('todo', 'a')).toBe(true);
  expect(waits).toEqual([]);
});

test('SV15: reads that say nothing count in a row: after one that told a version they begin anew', async () => {
  const create = operation('create', 'a', { id: 'a' });
  const rows = [recorded(create), sealed([create]), answered([create], { id: 'a' }, '"1"')];
  const told = new TestJournal().add(...rows).facts;
  let facts = versionless();
  let left = 4;
  const reads = new VersionReads({
    env: { ...env, random: () => 0 },
    ...{ facts: () => facts, mayRead: () => true, release: () => {} },
    read: async () => {
      if (left-- > 0) return { status: 'failed', failure: { ...failure, code: 'unreadable' } };
      facts = told;
      return { status: 'done', failure: null };
    },
  });
  for (let round = 0; round < 2; round++) {
    left = 4;
    facts = versionless();
    reads.add('todo', 'a');
    await expect.poll(() => facts).toBe(told);
    expect(reads.wants('todo', 'a')).toBe(true);
  }
  reads.stop();
});

test('SV15 P6: a record that is found gone does not make a model without versions of its own', async () => {
  let facts = versionless();
  const reads = new VersionReads({
    ...{ env, facts: () => facts, mayRead: () => true, release: () => {} },
    read: async () => {
      // It waits for a person from then on, and stands here as it was.
      const { id } = operationsIn(facts, laneKey('todo', 'a'), 1)[0] ?? expect.fail();
      const parked = row({
        ...{ type: 'parked', model: 'todo', recordId: 'a', reason: 'conflict', rollback: false },
        ...{ failure: { ...failure, code: 'remoteDeleted' }, operationIds: [id] },
        conflict: { remote: null, remoteVersion: null },
      });
      facts = foldEntries(facts, [{ sequence: facts.head + 1, row: parked }]).facts;
      return { status: 'done', failure: null };
    },
  });
  reads.add('todo', 'a');
  await expect.poll(() => facts.counts.conflicted).toBe(1);
  await Promise.resolve();
  expect(reads.wants('todo', 'a')).toBe(true);
  reads.stop();
});
