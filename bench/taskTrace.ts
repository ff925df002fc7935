import type { CDPSession, Page } from 'playwright-core';

/** A span of the page's own (`performance.measure`), and its tasks. Times in ms. */
export interface TracedSpan {
  readonly name: string;
  /** What the main thread computed in the longest of its tasks; what others computed is not in it. */
  readonly longestTask: number;
}

interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** µs. */
  readonly ts: number;
  readonly dur?: number;
  /** µs of the thread itself. */
  readonly tdur?: number;
}

const categories = ['toplevel', 'blink.user_timing'];

/**
 * Runs `work` and tells the longest task of each span that the page has measured meanwhile, by the
 * browser's own trace: the thread's time, so that a machine with other things to do shows the same.
 */
export async function traceTasks<T>(
  page: Page,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly spans: readonly TracedSpan[] }> {
  const browser = page.context().browser();
  if (!browser) throw new Error('The page has no browser of its own.');
  const session = await browser.newBrowserCDPSession();
  await session.send('Tracing.start', {
    transferMode: 'ReturnAsStream',
    traceConfig: { includedCategories: categories, recordMode: 'recordContinuously' },
  });
  const result = await work();
  const ended = new Promise<string>((resolve) => {
    session.once('Tracing.tracingComplete', ({ stream }) => resolve(stream ?? ''));
  });
  await session.send('Tracing.end');
  const { traceEvents } = JSON.parse(await readStream(session, await ended)) as {
    traceEvents: TraceEvent[];
  };
  await session.detach();
  return { result, spans: spansOf(traceEvents) };
}

async function readStream(session: CDPSession, handle: string): Promise<string> {
  const parts: string[] = [];
  for (;;) {
    const { data, eof } = await session.send('IO.read', { handle });
    parts.push(data);
    if (eof) break;
  }
  await session.send('IO.close', { handle });
  return parts.join('');
}

function spansOf(events: readonly TraceEvent[]): TracedSpan[] {
  const marks = events.filter((event) => event.cat === 'blink.user_timing');
  const begins = marks.filter(({ ph }) => ph === 'b').sort((a, b) => a.ts - b.ts);
  const ends = marks.filter(({ ph }) => ph === 'e').sort((a, b) => a.ts - b.ts);
  const tasks = events.filter(({ ph, name }) => ph === 'X' && name.endsWith('RunTask'));
  return begins.map(({ name, pid, tid, ts }) => {
    const end = ends.find((event) => event.name === name && event.ts >= ts)?.ts ?? Infinity;
    const own = tasks.filter(
      (task) =>
        task.pid === pid && task.tid === tid && task.ts < end && task.ts + (task.dur ?? 0) > ts,
    );
    if (own.length === 0) throw new Error(`The trace has no task of "${name}".`);
    const longest = own.reduce((most, task) => Math.max(most, computed(task)), 0);
    return { name, longestTask: longest / 1_000 };
  });
}

/** The thread's clock may be coarse: no task computed longer than it lasted. */
function computed({ tdur, dur }: TraceEvent): number {
  return Math.min(tdur ?? Infinity, dur ?? 0);
}
