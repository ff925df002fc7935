import { createContext, useContext } from 'react';

/** Shows one sentence to the person; a minor one only where none is shown. */
export type Tell = (message: string, weight?: 'minor') => void;

export const NoticeContext = createContext<Tell>(() => {});

/** Runs an act of the person; what it throws, now or later, is said and not lost. */
export type Attempt = (act: () => unknown) => void;

export function useAttempt(): Attempt {
  const tell = useContext(NoticeContext);
  return (act) => {
    const say = (error: unknown) => tell(error instanceof Error ? error.message : String(error));
    try {
      Promise.resolve(act()).catch(say);
    } catch (error) {
      say(error);
    }
  };
}
