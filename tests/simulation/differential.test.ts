import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { DifferentialModel } from '../../src/testing/checks/differentialModel.ts';
import type { SimDevice } from '../../src/testing/device/simDevice.ts';
import { carriedBy } from '../../src/testing/history/history.ts';
import { keyed, keyedBelow, keyedPick } from '../../src/testing/world/keyed.ts';
import { type FreeRun, freeRun } from '../support/freeRun.ts';

const ids = ['a', 'b', 'c'];
const doings = [
  ...[
    'create',
    'update',
    'update',
    'update',
    'upsert',
    'remove',
    'remove',
    'refused',
    'refusedNew',
  ],
  ...[
    'hidden',
    'hidden',
    'hiddenRemove',
    'cancel',
    'cancel',
    'retry',
    'edit',
    'discard',
    'pause',
    'resume',
    'pull',
  ],
] as const;

/** Values that a merge patch treats each in its own way: plain, nested, lists, null. */
const values = [1, 'x', null, [1, null], { a: 1 }, { a: 2, b: { c: 1 } }, { b: null, d: [] }];

/** Runs one random sequence on both; the steps so far are in the message if they differ. */
async function compare(seed: number, length: number): Promise<Set<string>> {
  const onReject = keyed(seed, 'reject') < 0.5 ? 'rollback' : 'keep';
  const day = freeRun(seed, { ids: 'client', onReject });
  const { run, device, pass } = day;
  const model = new DifferentialModel(onReject);
  const told: string[] = [];
  const did = new Set<string>();
  const mine = new Set<string>();
  let isPaused = false;
  await pass(2_000);
  try {
    for (let i = 0; i < length; i++) {
      const step = await act(day, model, seed, i, isPaused);
      for (const id of ids) for (const one of model.waiting(id)) mine.add(one);
      if (step === null) continue;
      if (step === 'pause') isPaused = true;
      if (step === 'resume') isPaused = false;
      told.push(step);
      did.add(step.split(' ')[0] ?? '');
      // While it pauses nothing is sealed: what waits is folded into one request later.
      await pass(isPaused ? 100 : 3_000);
      if (!isPaused) model.send();
      const [here, expected] = [shownBy(device), shownByModel(model)];
      agree('what is shown', here, expected, seed, told);
    }
    await device.life?.sync.resume();
    await pass(5_000);
    model.send();
    expect(run.errors).toEqual([]);
    const server = [...run.server.rows('todos')].map(([id, { record }]) => [id, record]);
    const [rows, expected] = [Object.fromEntries(server), Object.fromEntries(model.server)];
    agree('what the server has', rows, expected, seed, told);
    for (const id of ids) {
      const effects = run.server.ledger
        .filter(({ recordId }) => recordId === id)
        .map((effect) => [...carriedBy(run, effect)].filter((one) => mine.has(one)).sort());
      // A merge makes an operation of its own, which stands for ours.
      const wanted = (model.effects.get(id) ?? []).map((carried) => carried.toSorted());
      agree(`the effects on ${id}`, effects, wanted, seed, told);
    }
  } finally {
    device.close();
  }
  return did;
}

function agree(
  what: string,
  here: unknown,
  model: unknown,
  seed: number,
  told: readonly string[],
): void {
  if (isDeepStrictEqual(here, model)) return;
  const both = `${JSON.stringify(here)}, by the model ${JSON.stringify(model)}`;
  expect.fail(`seed ${seed}: ${what}: ${both}; after\n${told.join('\n')}`);
}

const shownBy = ({ life }: SimDevice) => {
  const all = life?.sync.models.todo.selectAll({ sync: life.state() }) ?? [];
  return Object.fromEntries(all.map((record) => [record.id, record]));
};

const shownByModel = (model: DifferentialModel) => {
  const all = ids.map((id) => [id, model.shown(id)] as const);
  return Object.fromEntries(all.filter(([, record]) => record !== null));
};

/** One random act on both; null where it makes no sense here. */
async function act(
  day: FreeRun,
  model: DifferentialModel,
  seed: number,
  i: number,
  isPaused: boolean,
): Promise<string | null> {
  const life = day.device.life ?? expect.fail('the page is there');
  const { sync } = life;
  const { todo } = sync.models;
  const draw = <T>(label: string, from: readonly T[]) => keyedPick(seed, `${label}/${i}`, from);
  const what = draw('do', doings);
  const id = draw('id', ids);
  const fields = { [draw('field', ['x', 'y'])]: draw('value', values) };
  const title = `t${i}`;
  const write = async (
    kind: 'create' | 'update' | 'upsert' | 'delete',
    changes: object,
    hidden = false,
  ) => {
    const how = hidden ? ({ strategy: 'waitForRemote', offline: 'wait' } as const) : {};
    const made =
      kind === 'delete'
        ? todo.remove(id, how)
        : kind === 'update'
          ? todo.update(id, changes, how)
          : todo[kind]({ id, ...changes }, how);
    const known = kind === 'create' || kind === 'upsert' ? { id, ...changes } : changes;
    model.write(id, made.operationId, kind, known as Record<string, unknown>, hidden);
    return `${what} ${id} ${JSON.stringify(changes)}`;
  };
  const isShown = model.shown(id) !== null;
  const dead = model.deadLetter(id)[0];
  switch (what) {
    case 'create':
      return isShown ? null : write('create', { title, ...fields });
    case 'refusedNew':
      return isShown ? null : write('create', { title: '', ...fields });
    case 'upsert':
      return write('upsert', { title, ...fields });
    case 'update':
      return isShown ? write('update', fields) : null;
    case 'hidden':
      return isShown ? write('update', fields, true) : null;
    case 'hiddenRemove':
      return isShown && !isPaused && model.waiting(id).length === 0
        ? write('delete', {}, true)
        : null;
    case 'refused':
      return isShown ? write('update', { title: '' }) : null;
    case 'remove':
      return isShown && !model.hides(id) ? write('delete', {}) : null;
    case 'cancel': {
      const waiting = model.waiting(id);
      const one = waiting[keyedBelow(seed, `which/${i}`, waiting.length)];
      if (one === undefined) return null;
      const [answer] = await Promise.all([sync.outbox.cancel(one), day.pass(50)]);
      expect(answer).toBe(model.cancel(id, one));
      return `cancel ${id} ${one}`;
    }
    case 'retry':
    case 'edit': {
      // An edit that a removal follows ends as a conflict of our own making: for a person.
      if (dead === undefined || (what === 'edit' && model.removes(id))) return null;
      const patch = what === 'edit' ? { title, y: 'mended' } : {};
      const asked = what === 'edit' ? sync.outbox.edit(dead, patch) : sync.outbox.retry(dead);
      // At once: before it is sent.
      const behind = sync.outbox.list().filter(({ operation }) => operation.recordId === id);
      const [{ operationId }] = await Promise.all([asked, day.pass(50)]);
      model.mend(id, operationId, behind.at(-1)?.operation.id ?? '', patch);
      return `${what} ${id}`;
    }
    case 'discard': {
      if (dead === undefined) return null;
      await Promise.all([sync.outbox.discard(dead), day.pass(50)]);
      model.discard(id);
      return `discard ${id}`;
    }
    case 'pull':
      todo.pull().catch(() => {});
      return 'pull';
    case 'pause':
      sync.pause();
      return 'pause';
    case 'resume':
      await sync.resume();
      return 'resume';
  }
}

describe('the engine against a map and a list', () => {
  test('I9 I5 P2: random acts show the same after each step, and have the same effects in the same order', async () => {
    const did = new Set<string>();
    for (let seed = 1; seed <= 300; seed++)
      for (const step of await compare(seed, 40)) did.add(step);
    expect([...did].sort()).toEqual([...new Set<string>(doings)].sort());
  }, 60_000);
});
