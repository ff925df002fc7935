import { useEffect } from 'react';
import { useConnection, useSync } from './hooks.ts';

const interval = 2_000;

/** Asks for what others changed while there is a connection and somebody looks. */
export function usePolling(): void {
  const sync = useSync();
  const isOnline = useConnection() === 'online';
  useEffect(() => {
    if (!isOnline) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void sync.syncAll();
    }, interval);
    return () => clearInterval(timer);
  }, [sync, isOnline]);
}
