import { createContext, useContext } from 'react';
import type { Demo } from './createDemo.ts';

/** The sync is made once the page knows where the API is, so it comes by context, not by import. */
export const DemoContext = createContext<Demo | null>(null);

export function useDemo(): Demo {
  const demo = useContext(DemoContext);
  if (!demo) throw new Error('useDemo is for components inside of DemoContext.');
  return demo;
}
