import { useEffect, useState } from 'react';
import { browserEnv } from '../env/browserEnv.ts';
import type { AnySync } from '../react/types.ts';
import type { TraceEntry } from '../trace.ts';

/** Entries kept. */
const kept = 500;
const rest = 200;

/** The last things that happened, newest first, while this component lives. */
export function useTimeline(sync: AnySync): readonly TraceEntry[] {
  const [entries, setEntries] = useState<readonly TraceEntry[]>([]);
  useEffect(() => {
    let fresh: TraceEntry[] = [];
    let timer: number | null = null;
    const show = () => {
      timer = null;
      const news = fresh.slice(-kept).reverse();
      fresh = [];
      setEntries((before) => [...news, ...before].slice(0, kept));
    };
    const stop = sync.trace((more) => {
      for (const entry of more) fresh.push(entry);
      if (fresh.length > 2 * kept) fresh = fresh.slice(-kept);
      timer ??= browserEnv.setTimer(rest, show, 'inspect');
    });
    return () => {
      stop();
      if (timer !== null) browserEnv.clearTimer(timer);
    };
  }, [sync]);
  return entries;
}
