import { type FoldOptions, fold, isRefused } from './fold.ts';
import { canonical, type RecordModel } from './recordModel.ts';
import type { Problem } from './recordMove.ts';

/** What the machines of the device let all records know. */
export type Notice =
  /** The probe found the server: requests without an answer were failed attempts. */
  | 'reached'
  /** It did not: they are forgotten, and spend no attempt. */
  | 'unreachable'
  /** This tab leads no more: what was under way is another tab's, and spends no attempt. */
  | 'letGo'
  /** This tab does not write any more: acts that are not durable are told as not saved. */
  | 'tailRejected'
  /** The facts were read anew, after another tab had led. */
  | 'reread'
  /** The page is gone, or was stopped; nothing of the tail had left for the disk. */
  | 'ended'
  /** The same, and any beginning of the tail may stand on the disk. */
  | 'endedInDoubt'
  /** A person cleared the store. */
  | 'cleared';

type NoticeOptions = Omit<FoldOptions, 'actor'>;

export interface Noticed {
  readonly next: RecordModel;
  readonly problem?: Problem;
}

/** What may become of a record; several where the disk or another tab decides. */
export function noticed(record: RecordModel, notice: Notice, options: NoticeOptions): Noticed[] {
  switch (notice) {
    case 'reached': {
      const requests = record.requests.map((request) =>
        request.phase === 'doubted' ? ({ ...request, phase: 'failed' } as const) : request,
      );
      return [{ next: canonical({ ...record, requests }) }];
    }
    case 'unreachable': {
      const requests = record.requests.filter(({ phase }) => phase !== 'doubted');
      return [{ next: canonical({ ...record, requests }) }];
    }
    case 'letGo':
      return [{ next: canonical({ ...record, requests: [] }) }];
    case 'tailRejected':
      return [{ next: canonical({ ...record, tail: [] }) }];
    case 'reread': {
      // The other tab left everything as it was, or brought it all to the server.
      if (record.state === 'synced') return [{ next: record }];
      const done = { state: 'synced', outbox: [], sealed: [], parked: null, owed: 0 } as const;
      return [{ next: record }, { next: canonical({ ...record, ...done }) }];
    }
    case 'ended':
      return [{ next: canonical({ ...record, tail: [], requests: [] }) }];
    case 'endedInDoubt':
      return beginnings(record, options);
    case 'cleared':
      return [cleared(record, options)];
  }
}

/** Every beginning of the tail that may have become durable. */
function beginnings(record: RecordModel, options: NoticeOptions): Noticed[] {
  let durable: RecordModel = { ...record, tail: [], requests: [] };
  const found: Noticed[] = [{ next: canonical(durable) }];
  for (const act of record.tail) {
    const owed = durable.owed | (act.type === 'recorded' ? act.operation.write : 0);
    const after = fold({ ...durable, owed }, act, { ...options, actor: 'disk' });
    if (isRefused(after)) {
      if (after.refused === 'machine')
        return [{ next: canonical(durable), problem: { property: 'legal', why: after.why } }];
      continue;
    }
    durable = after;
    found.push({ next: canonical(durable) });
  }
  return found;
}

/** What is in the tail becomes durable first, then everything goes. */
function cleared(record: RecordModel, options: NoticeOptions): Noticed {
  const isSaving = record.state === 'synced' && record.tail.length > 0;
  const from: RecordModel = isSaving ? { ...record, state: 'saving' } : record;
  const after = fold(
    { ...from, tail: [] },
    { type: 'purged' },
    {
      ...options,
      actor: 'person',
    },
  );
  if (isRefused(after)) {
    const problem = { property: 'legal', why: after.why } as const;
    return { next: canonical(record), problem };
  }
  return { next: canonical(after) };
}
