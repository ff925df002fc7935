import { expect, test } from 'vitest';
import { valuesOf } from '../../store/pages.ts';
import type { SyncState } from '../../store/slice.ts';
import { collectGarbage } from '../support/collectGarbage.ts';
import { makeScaleWorld } from './scaleWorld.ts';

const count = 300;

/** The operations that wait, and their lanes. */
function waitingIn({ sequenced: { outbox, lanes } }: SyncState): WeakRef<object>[] {
  return [...valuesOf(outbox), ...valuesOf(lanes)].map((value) => new WeakRef(value));
}

test('N14: what a start read from the disk is held no longer than it is true', async () => {
  const before = await makeScaleWorld({ records: count, depth: count });
  await before.sync.stop();
  const { sync, state, waiting, connect, quiet } = await makeScaleWorld({
    ...{ records: count, again: before },
  });
  const read = waitingIn(state());
  expect(read).toHaveLength(2 * count);
  const held = async () => {
    await collectGarbage();
    return read.filter((each) => each.deref()).length;
  };
  expect(await held()).toBe(2 * count);
  await connect();
  while (state().sequenced.outbox.size > 0) {
    for (const request of waiting.splice(0)) request.commit();
    await quiet();
  }
  await sync.persistor.flush();
  expect(await held()).toBe(0);
  await sync.stop();
}, 60_000);
