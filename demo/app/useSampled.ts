import { useEffect, useState } from 'react';
import { useDemo } from './demoContext.ts';

/** ms between two reads, at least. */
const shortest = 80;

/**
 * A list that is read as a whole, such as the outbox, kept fresh but not with every action: while
 * thousands of operations go out, reading it takes at most a sixth of the time. `read` must be stable.
 */
export function useSampled<T>(read: () => T): T {
  const { store } = useDemo();
  const [value, setValue] = useState(read);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let cost = 0;
    const sample = () => {
      timer = undefined;
      const before = performance.now();
      setValue(read());
      cost = performance.now() - before;
    };
    sample();
    const unsubscribe = store.subscribe(() => {
      timer ??= setTimeout(sample, Math.max(shortest, cost * 5));
    });
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [store, read]);
  return value;
}
