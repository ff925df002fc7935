import { expect, test } from 'vitest';
import type { TraceEntry } from '../../src/index.ts';
import { quickEnv, synced, tinyWorld } from '../support/tinyServer.ts';

const world = tinyWorld();

test('N6: a trace tells of a write from the act to the server’s yes, in order', async () => {
  const device = await world.settled();
  const entries: TraceEntry[] = [];
  const stop = device.sync.trace((more) => entries.push(...more));
  device.sync.models.todo.create({ id: 'a', title: 'secret', done: false });
  await synced(device);
  const mine = entries.filter(({ record }) => record?.recordId === 'a');
  const told = mine.map(({ kind, type }) => `${kind} ${type}`);
  expect(told.filter((words) => words !== 'request attemptEnded')).toEqual([
    'act recorded',
    'row recorded',
    'row sealed',
    'request attemptStarted',
    'row answered',
  ]);
  expect(mine.at(-1)?.sentence).toMatch(/^(todo a committed|request ended: todo a)$/);
  expect(entries.map(({ n }) => n)).toEqual(entries.map((_, i) => i + 1));
  expect(entries.every(({ at }) => Math.abs(at - Date.now()) < 60_000)).toBe(true);
  expect(JSON.stringify(entries)).not.toContain('secret');
  stop();
  const before = entries.length;
  device.sync.models.todo.update('a', { title: 'B' });
  await synced(device);
  expect(entries.length).toBe(before);
});

test('a listener that throws harms nobody, and others hear all the same', async () => {
  const reported: unknown[] = [];
  const env = quickEnv({ report: (error) => reported.push(error) });
  const device = await world.settled({ env });
  let heard = 0;
  device.sync.trace(() => {
    throw new Error('mine');
  });
  device.sync.trace((more) => {
    heard += more.length;
  });
  const write = device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
  expect((await write.settled).outcome).toBe('committed');
  expect(reported.length).toBeGreaterThan(0);
  expect(heard).toBeGreaterThan(3);
});
