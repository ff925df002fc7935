import type { JournalEntry, PersonRow, Row } from '../store/rows/row.ts';
import type { LineFacts, PersonDraft, PullProgress } from '../store/slice.ts';

/** Rows named in one sentence. */
const named = 3;

function counted(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? `1 ${one}` : `${count} ${many}`;
}

/** `todo 0190a5…`: as much of an id as tells records apart. */
function recordWords(model: string, recordId: string): string {
  return `${model} ${recordId.length > 14 ? `${recordId.slice(0, 13)}…` : recordId}`;
}

function laneWords(lane: string): string {
  const [model = '', recordId = ''] = lane.split('\u0000');
  return recordWords(model, recordId);
}

function listed(words: readonly string[]): string {
  const more = words.length - named;
  return more > 0 ? `${words.slice(0, named).join(', ')} and ${more} more` : words.join(', ');
}

function rowWords(row: Row | PersonDraft): string {
  switch (row.type) {
    case 'recorded': {
      const { model, recordId, kind } = row.operation;
      return `${recordWords(model, recordId)} ${kind} recorded`;
    }
    case 'sealed':
      return `${listed(row.requests.map((r) => recordWords(r.model, r.recordId)))} sealed`;
    case 'pulled':
      return `${counted(row.items.length, row.model)} pulled, ${row.deleted.length} deleted`;
    case 'originPaused':
      return `${row.origin} asked for a pause`;
    case 'purged':
      return 'everything cleared';
    case 'parked': {
      const how = row.reason === 'rejected' ? 'refused for good' : 'in conflict';
      return `${recordWords(row.model, row.recordId)} ${how}`;
    }
    case 'answered':
      return `${recordWords(row.model, row.recordId)} committed`;
    case 'retryScheduled':
      return `${recordWords(row.model, row.recordId)} to be tried again`;
    case 'resolved':
    case 'cancelled':
    case 'edited':
    case 'retried':
    case 'discarded':
    case 'recovered':
      return `${recordWords(row.model, row.recordId)} ${row.type}`;
  }
}

export function entryWords({ row }: JournalEntry): string {
  return row ? rowWords(row) : 'a row that can not be read';
}

/** By the last part of the action's type. */
const words: Readonly<Record<string, (payload: never) => string>> = {
  sequenced: ({ entries }: { entries: readonly JournalEntry[] }) => {
    const told = entries.slice(0, named + 1).map(entryWords);
    const more = entries.length - named;
    const list = more > 0 ? `${told.slice(0, named).join(', ')} and ${more} more` : told.join(', ');
    return `${counted(entries.length, 'row')} durable: ${list}`;
  },
  tailRejected: (counts: readonly number[]) =>
    `${counted(counts.length, 'write')} rolled back: not durable`,
  checkpointLoaded: () => 'facts read from disk',
  restarted: () => 'facts read from disk, started again',
  connectionChanged: (state: string) => `the connection is ${state}`,
  leadershipChanged: ({ role, run }: { role: string; run: string }) =>
    `this tab is ${role}, ${run}`,
  leaderTold: ({ connection }: { connection: string }) =>
    connection === 'starting'
      ? 'nothing is known of a leader'
      : 'the leading tab told how it stands',
  lineChanged: ({ origin, line }: { origin: string; line: LineFacts }) =>
    `the line to ${origin || 'the server'} is ${line.state}`,
  dependentChanged: (count: number) =>
    `${counted(count, 'record waits', 'records wait')} for another`,
  attemptStarted: (lanes: readonly string[]) =>
    `request under way: ${listed(lanes.map(laneWords))}`,
  attemptEnded: (lanes: readonly string[]) => `request ended: ${listed(lanes.map(laneWords))}`,
  progress: ({ model, progress }: { model: string; progress: PullProgress }) =>
    `pull of ${model} ${progress.state}, ${progress.received} received`,
};

/** What an action of the slice says, for people; null if it is none. */
export function actionWords(name: string, action: { readonly type: string }): string | null {
  const { type, payload, meta } = action as {
    readonly type: string;
    readonly payload?: unknown;
    readonly meta?: { readonly syncharts?: unknown };
  };
  if (meta?.syncharts === name) return rowWords(payload as PersonRow);
  if (!type.startsWith(`${name}/`)) return null;
  return words[type.slice(name.length + 1)]?.(payload as never) ?? null;
}
