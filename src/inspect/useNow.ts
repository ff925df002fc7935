import { useEffect, useState } from 'react';
import { browserEnv } from '../env/browserEnv.ts';

/** The time, every second while somebody counts down (ms since 1970). */
export function useNow(isCounting: boolean): number {
  const [now, setNow] = useState(() => browserEnv.now());
  useEffect(() => {
    if (!isCounting) return;
    let timer = 0;
    const tick = () => {
      setNow(browserEnv.now());
      timer = browserEnv.setTimer(1_000, tick, 'inspect');
    };
    tick();
    return () => browserEnv.clearTimer(timer);
  }, [isCounting]);
  return now;
}
