import { type Device, makeDevice } from './device.ts';
import { feed } from './feed.ts';
import { openRaw, type RawDatabase } from './rawDatabase.ts';
import { idOf, withoutId } from './todos.ts';

/** The page's own device, once it is open. */
let device: Device | null = null;
/** The floor: a raw database of both tabs, and word of what was put there. */
let raw: RawDatabase | null = null;
let word: BroadcastChannel | null = null;
/** When a record was first shown here (ms since 1970, with fractions), by id. */
const shown = new Map<string, number>();

/** ms since 1970; pages of one browser count from one clock. */
const now = () => performance.timeOrigin + performance.now();

/** Opens the database of this name in this tab too, and notes when each record is shown. */
export async function openTab(name: string): Promise<void> {
  const opened = makeDevice({ transport: feed([]), name });
  device = opened;
  opened.sync.start();
  await opened.sync.ready;
  const { todo } = opened.sync.models;
  const rawDatabase = await openRaw(name);
  raw = rawDatabase;
  word = new BroadcastChannel(`raw/${name}`);
  word.onmessage = async ({ data }: MessageEvent<string>) => {
    const found = await rawDatabase.get(data);
    if (found) shown.set(found.id, now());
  };
  let known = 0;
  opened.store.subscribe(() => {
    const state = opened.store.getState();
    const total = todo.selectTotal(state);
    if (total === known) return;
    known = total;
    const at = now();
    for (const { id } of todo.selectAll(state)) if (!shown.has(id)) shown.set(id, at);
  });
}

/**
 * Creates records one by one, each some ms after the one before; when each was dispatched, by id.
 * `raw`: a strict put, then a message to the other tab, which gets it.
 */
export async function writeInTab(
  from: number,
  count: number,
  side: 'ours' | 'raw',
): Promise<[string, number][]> {
  const times: [string, number][] = [];
  for (let n = from; n < from + count; n++) {
    const record = { id: idOf(n), ...withoutId(n) };
    times.push([record.id, now()]);
    if (side === 'ours') device?.sync.models.todo.create(record);
    else raw?.put([record]).then(() => word?.postMessage(record.id));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return times;
}

/** When each record was first shown here. */
export function shownInTab(): [string, number][] {
  return [...shown];
}
