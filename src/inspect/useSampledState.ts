import { useEffect, useState } from 'react';
import { useStore } from 'react-redux';
import { browserEnv } from '../env/browserEnv.ts';

/** ms between two looks at a store that changes all the time. */
const rest = 200;

/**
 * The root state of the store, at most five times a second: a drain of 10,000 operations must not be
 * slowed down by whoever looks on.
 */
export function useSampledState(): object {
  const store = useStore<object>();
  const [state, setState] = useState(() => store.getState());
  useEffect(() => {
    let timer: number | null = null;
    const look = () => {
      timer = null;
      setState(store.getState());
    };
    const stop = store.subscribe(() => {
      timer ??= browserEnv.setTimer(rest, look, 'inspect');
    });
    look();
    return () => {
      stop();
      if (timer !== null) browserEnv.clearTimer(timer);
    };
  }, [store]);
  return state;
}
