import { type Facts, laneKey } from '../../../store/facts.ts';
import { sameJson } from '../../../store/json.ts';
import { getIn, scan } from '../../../store/pages.ts';
import type { SimDevice } from '../device/simDevice.ts';
import { InvariantBroken, type Run } from '../history/history.ts';
import type { Change, Row } from '../server/serverPort.ts';
import { keysByServerId, underKeys } from './relations.ts';

interface Held {
  readonly id: string;
  readonly base: object | null;
  readonly version: number;
}

/**
 * I12: the cursor is never ahead of the data. The server's changes are played again: a record that
 * waits for nothing and was not changed beyond the cursor is what they make it (what was changed
 * beyond it will be told), and each base is what the server had at that version.
 */
export function checkFeed(run: Run, device: SimDevice, facts: Facts): void {
  const model = facts.models.todo;
  if (!model) return;
  const broken = (seen: string): never => {
    throw new InvariantBroken('I12', `device ${device.index}: ${seen}`);
  };
  const held = new Map<string, Held>();
  scan(model.records, '', ({ base, version, alias }, id) => {
    held.set(alias ?? id, { id, base, version: versionOf(version) });
    return true;
  });
  const keys = keysByServerId(facts);
  const cursor = run.server.changeAt(model.cursor);
  const last = new Map<string, Change>();
  const tellsNone = device.plan.versioning === 'none';
  for (const change of run.server.changes) {
    const { id, record, version } = change;
    const here = held.get(id);
    if (here?.base && here.version === version) {
      const there = record && { ...underKeys(run, record, keys, here.base as Row), id: here.id };
      if (!sameJson(here.base as never, (there ?? undefined) as never)) {
        broken(
          `${id} is ${JSON.stringify(here.base)} at version ${version}, not ${JSON.stringify(there)}`,
        );
      }
    }
    last.set(id, change);
  }
  for (const [id, { record, version, change }] of last) {
    const here = held.get(id);
    if (change > cursor || getIn(facts.lanes, laneKey('todo', here?.id ?? id))) continue;
    if (record === null) {
      // A pull from the start tells of no deletions: the sweep at its end is still to come.
      if (!here?.base || here.version > version || tellsNone || model.fullSince !== null) continue;
      broken(`${id} is still there, and its cursor ${cursor} is beyond its end (${change})`);
    }
    if (here?.base && here.version >= version) continue;
    if (tellsNone) {
      const there = record &&
        here?.base && { ...underKeys(run, record, keys, here.base as Row), id: here.id };
      if (there && sameJson(here.base as never, there as never)) continue;
      broken(`${id} is ${JSON.stringify(here?.base)} behind its change ${change}`);
    }
    const has = `${id} is at version ${here?.version ?? 0}`;
    broken(`${has}, and its cursor ${cursor} is beyond version ${version} (${change})`);
  }
}

/** A version as a number; 0: none is known. */
export function versionOf(version: string | null): number {
  return version === null ? 0 : Number(version.replaceAll('"', ''));
}
