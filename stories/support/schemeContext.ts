import { createContext, useContext } from 'react';

export type Scheme = 'light' | 'dark';

/** What the toolbar says. */
export const SchemeContext = createContext<Scheme>('light');

export function useScheme(): Scheme {
  return useContext(SchemeContext);
}
