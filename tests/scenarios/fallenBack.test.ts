import { describe, expect, test } from 'vitest';
import type { SealedRequest } from '../../store/rows/row.ts';
import { Phone } from '../support/phone.ts';
import { ReplayedStorage } from '../support/replayedStorage.ts';
import {
  away,
  type Bend,
  busy,
  stateOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { type Device, until } from '../support/world.ts';

const world = tinyWorld();
const straight: Bend = () => ({});

/** A phone whose database can be had as it was some transactions ago. */
function phoneWithPast() {
  const phone = new Phone(world);
  const past = new ReplayedStorage();
  phone.storage = past.storage;
  const fallBack = async (count: number) => {
    phone.storage = await past.asOf(count, phone.name);
  };
  return { phone, past, fallBack };
}

function waiting({ sync }: Device): string[] {
  return sync.outbox.list().map(({ operation }) => operation.id);
}

describe('a database that has lost its last transactions', () => {
  test('N16 ST14: changes that were called saved come back from the second shelf, in their order, and are shown at once', async () => {
    world.server.put('todo', 'old', { title: 'old', done: false });
    const { phone, past, fallBack } = phoneWithPast();
    const first = await phone.open(straight);
    await synced(first);
    await first.sync.stop();
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    const kept = todo.update('old', { title: 'one' });
    await kept.saved;
    const moment = past.count;
    const lost = [
      todo.update('old', { title: 'two', done: true }),
      todo.create({ id: 'new', title: 'new', done: false }),
      todo.update('new', { title: 'newer' }),
    ];
    await Promise.all(lost.map(({ saved }) => saved));
    await device.sync.stop();
    await fallBack(moment);

    const after = await phone.open(away);
    expect(waiting(after).sort()).toEqual(
      [kept, ...lost].map(({ operationId }) => operationId).sort(),
    );
    expect(todoOf(after, 'old')).toMatchObject({ title: 'two', done: true });
    expect(todoOf(after, 'new')).toMatchObject({ title: 'newer' });
    await after.sync.stop();
    const online = await phone.open(straight);
    await synced(online);
    expect(world.server.find('todo', 'old')?.record).toMatchObject({ title: 'two', done: true });
    expect(world.server.find('todo', 'new')?.record).toMatchObject({ title: 'newer' });
  });

  test('N16 ST14 I17: what had been answered in them is not sent again, and what was changed after it goes', async () => {
    const { phone, past, fallBack } = phoneWithPast();
    const device = await phone.open(straight);
    const { todo } = device.sync.models;
    await todo.create({ id: 'a', title: 'one', done: false }).settled;
    await synced(device);
    const moment = past.count;
    await todo.update('a', { title: 'two' }).settled;
    await synced(device);
    const { version } = world.server.find('todo', 'a') ?? {};
    await device.sync.stop();
    const offline = await phone.open(away);
    const later = offline.sync.models.todo.update('a', { done: true });
    await later.saved;
    await offline.sync.stop();
    await fallBack(moment);

    const known = offline.sync.databaseId;
    const after = await phone.open(straight);
    expect(phone.loss).toMatchObject({
      ...{ known, found: after.sync.databaseId, unreadable: 0 },
      recovered: [later.operationId],
    });
    await synced(after);
    expect(world.server.find('todo', 'a')).toMatchObject({
      record: { title: 'two', done: true },
      version: (version ?? 0) + 1,
    });
    expect(todoOf(after, 'a')).toMatchObject({ title: 'two', done: true });
    expect(after.sync.conflicts.log()).toEqual([]);
    await after.sync.stop();
    // It is told once.
    await (await phone.open(straight)).sync.stop();
    expect(phone.loss).toBeUndefined();
  });

  test('N16 I18: a request that had left goes again byte for byte, though the row that sealed it is lost', async () => {
    world.server.put('todo', 'a', { title: 'old', done: false });
    const { phone, past, fallBack } = phoneWithPast();
    const sent: SealedRequest[] = [];
    const noAnswer: Bend = (transport) => ({
      push: async (request, ...more) => {
        sent.push(request);
        await transport.push(request, ...more);
        return { kind: 'retryLater', failure: busy };
      },
    });
    const device = await phone.open(noAnswer);
    await synced(device);
    const { todo } = device.sync.models;
    const moment = past.count;
    await todo.update('a', { title: 'ours' }).saved;
    await until('it has left', () => sent.length > 0);
    await todo.update('a', { done: true }).saved;
    await device.sync.stop();
    await fallBack(moment);

    const after = await phone.open((transport) => ({
      push: async (request, ...more) => {
        sent.push(request);
        return transport.push(request, ...more);
      },
    }));
    await synced(after);
    const [first] = sent;
    const again = sent.filter(({ key }) => key === first?.key);
    expect(again.length).toBeGreaterThan(1);
    for (const request of again) expect(request).toEqual(first);
    expect(world.server.find('todo', 'a')?.record).toMatchObject({ title: 'ours', done: true });
  });

  test('N16: a dead letter of them waits for a person again, and what was discarded does not', async () => {
    const { phone, past, fallBack } = phoneWithPast();
    const refusing: Bend = () => ({
      push: async () => ({ kind: 'rejected', failure: { ...busy, code: 'rejected', status: 422 } }),
    });
    const device = await phone.open(refusing);
    await synced(device);
    const { todo } = device.sync.models;
    const moment = past.count;
    const [kept, gone] = ['kept', 'gone'].map((id) => todo.create({ id, title: id, done: false }));
    await until('both are refused', () => stateOf(device).sequenced.counts.failed === 2);
    await device.sync.outbox.discard(gone?.operationId ?? '');
    await device.sync.stop();
    await fallBack(moment);

    const after = await phone.open(refusing);
    expect(after.sync.outbox.list()).toMatchObject([
      { operation: { id: kept?.operationId }, deadLetter: true },
    ]);
    expect(todoOf(after, 'gone')).toBeUndefined();
  });

  test('N16 SEC4: a clear that it has lost stays cleared', async () => {
    world.server.put('todo', 'old', { title: 'old', done: false });
    const { phone, past, fallBack } = phoneWithPast();
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    await todo.create({ id: 'mine', title: 'mine', done: false }).saved;
    const moment = past.count;
    await device.sync.clear({ unsent: 'discard' });
    await device.sync.stop();
    await fallBack(moment);
    const after = await phone.open(away);
    expect(waiting(after)).toEqual([]);
    expect(todoOf(after, 'mine')).toBeUndefined();
  });
});
