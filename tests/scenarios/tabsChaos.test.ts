import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { keyed } from '../../src/testing/world/keyed.ts';
import { type Tab, tabsWorld } from '../support/tabs.ts';
import { pause } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

type Condition = 'runs' | 'hangs' | 'frozen';

/** Tabs that write, hang, freeze, die and are opened, in an order that the seed decides. */
async function day(seed: number, steps: number): Promise<void> {
  let draws = 0;
  const random = () => keyed(seed, `day/${draws++}`);
  const below = (limit: number) => Math.floor(random() * limit);
  const fate = () => (random() < 0.15 ? [] : random() < 0.2 ? [0, 5] : [random() * 4]);
  const world = tabsWorld({ haste: 60, fate });
  const tabs = new Map<Tab, Condition>();
  const saved = new Map<string, string>();
  for (let i = 0; i < 3; i++) tabs.set(await world.opened(), 'runs');
  const running = () => [...tabs].flatMap(([tab, is]) => (is === 'runs' ? [tab] : []));

  const write = (tab: Tab, n: number) => {
    const id = `r${below(6)}`;
    const shown = tab.todo.selectById(tab.store.getState(), id);
    const field = { counter: n, title: `t${n}` };
    const handle = shown
      ? tab.todo.update(id, field)
      : tab.todo.upsert({ id, done: false, ...field });
    handle.saved.then(
      () => saved.set(handle.operationId, id),
      () => {},
    );
  };

  for (let step = 0; step < steps; step++) {
    const tab = running()[below(running().length)];
    if (!tab) break;
    const draw = random();
    if (draw < 0.6) for (let n = 0; n < 3; n++) write(tab, step * 10 + n);
    else if (draw < 0.68) {
      tab.hang();
      tabs.set(tab, 'hangs');
    } else if (draw < 0.76) {
      tab.freeze();
      tabs.set(tab, 'frozen');
    } else if (draw < 0.82) {
      tab.kill();
      tabs.delete(tab);
    } else if (draw < 0.88) tab.sync.persistor.flush().catch(() => {});
    else if (draw < 0.92) tab.todo.pull({ full: true }).catch(() => {});
    else tab.show();
    for (const [other, is] of tabs) {
      if (is === 'hangs' && random() < 0.2) {
        other.wake();
        tabs.set(other, 'runs');
      } else if (is === 'frozen' && random() < 0.25) {
        other.thaw();
        tabs.set(other, 'runs');
      }
    }
    if (running().length < 2 || (tabs.size < 4 && random() < 0.2)) {
      tabs.set(await world.opened(), 'runs');
    }
    await pause(below(12));
  }
  for (const [tab, is] of tabs) {
    if (is === 'hangs') tab.wake();
    if (is === 'frozen') tab.thaw();
  }
  const all = [...tabs.keys()];
  await until('all are synced', () => all.every((tab) => tab.status().phase === 'synced'), 20_000);
  for (const tab of all) tab.show();
  await until('all show the same', () =>
    all.every((tab) => isDeepStrictEqual(tab.records(), all[0]?.records())),
  );
  for (const record of all[0]?.records() ?? []) {
    expect(world.server.find('todo', record.id)?.record).toEqual(record);
  }
  // What was saved has ended well, in every tab that remembers it.
  for (const tab of all) {
    for (const operationId of saved.keys()) {
      const { outcome } = await tab.sync.outbox.settled(operationId);
      expect(['committed', 'merged']).toContain(outcome);
    }
  }
  expect(all.filter((tab) => tab.role() === 'leading')).toHaveLength(1);
}

test.each([1, 2, 3])(
  'P21 P22 I1: tabs write, hang, freeze, die and come back in any order: nothing that was saved is lost, all show the same (%i)',
  (seed) => day(seed, 60),
  40_000,
);
