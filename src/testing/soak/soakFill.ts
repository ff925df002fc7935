import { conflictLogCap, settlementCap, writerCap } from '../../../store/caps.ts';
import { getIn } from '../../../store/pages.ts';
import type { ServerPort } from '../server/serverPort.ts';
import type { SoakDevice, SoakPage } from './soakDevice.ts';

export interface Filling {
  readonly server: ServerPort;
  readonly device: SoakDevice;
  /** Lets the world go on until it holds. */
  readonly until: (holds: () => boolean) => Promise<void>;
}

/** Fields that one conflict overwrites. */
const fields = 100;
/** Writes that are dispatched together. */
const together = 500;

/**
 * Uses a device until everything that the kit keeps up to a cap has reached it, as after a year of
 * use: from here on nothing that is kept may grow.
 */
export async function fillCaps(filling: Filling): Promise<void> {
  await fillWriters(filling);
  await fillConflictLog(filling);
  await fillSettlements(filling);
}

/** Each life of the page is a writer, and its engine another. */
async function fillWriters({ device, until }: Filling): Promise<void> {
  for (let life = 0; life < writerCap / 2; life++) {
    const { sync } = await leading({ device, until });
    let told: 'waiting' | 'done' = 'waiting';
    const write = sync.models.todo.upsert({ id: ownRecord(device), title: `life ${life}` });
    write.settled.then(() => {
      told = 'done';
    });
    await until(() => told === 'done');
    device.kill();
  }
}

async function fillConflictLog({ server, device, until }: Filling): Promise<void> {
  const changed = (value: string) =>
    Object.fromEntries(Array.from({ length: fields }, (_, i) => [`f${i}`, `${value}/${i}`]));
  const { sync, state } = await leading({ device, until });
  for (let round = 0; state().sequenced.conflictLog.size < conflictLogCap; round++) {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const body = JSON.stringify(changed(`theirs ${round}`));
    const records = state().sequenced.models.todo?.records;
    const id = (records && getIn(records, ownRecord(device))?.alias) ?? ownRecord(device);
    void server.handle({ method: 'PATCH', path: `todos/${id}`, headers, body });
    sync.models.todo.update(ownRecord(device), changed(`ours ${round}`));
    await until(() => isIdle(state));
  }
}

async function fillSettlements({ device, until }: Filling): Promise<void> {
  const { sync, state } = await leading({ device, until });
  for (let n = 0; state().sequenced.settlements.size < settlementCap; n++) {
    for (let i = 0; i < together; i++) sync.models.todo.update(ownRecord(device), { n, i });
    await until(() => isIdle(state));
  }
  // The record of it all leaves again.
  sync.models.todo.remove(ownRecord(device));
  await until(() => isIdle(state));
}

/** One that no other device touches. */
function ownRecord({ index }: SoakDevice): string {
  return `full-${index}`;
}

function isIdle(state: SoakPage['state']): boolean {
  const { tail, sequenced } = state();
  return tail.size === 0 && sequenced.outbox.size === 0;
}

async function leading({ device, until }: Pick<Filling, 'device' | 'until'>): Promise<SoakPage> {
  await until(() => device.page?.state().ephemeral.role === 'leading');
  return device.page as SoakPage;
}
