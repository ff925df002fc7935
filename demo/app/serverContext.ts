import { createContext, useContext } from 'react';
import type { Server } from './useServer.ts';

/** What the server shows of itself; all panels look at the same. */
export const ServerContext = createContext<Server | null>(null);

export function useServerView(): Server {
  const server = useContext(ServerContext);
  if (!server) throw new Error('useServerView is for components inside of ServerContext.');
  return server;
}
