import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Knobs, readStateText, type ServerState, turnKnobs, turnLine } from './control.ts';

const interval = 1_000;
const ledgerLength = 20;

/** What the server shows of itself, and the hands on it. Actions reject when it can't be reached. */
export interface Server {
  /** Null until the first look. */
  readonly state: ServerState | null;
  readonly reachable: boolean;
  turn(knobs: Partial<Knobs>): Promise<void>;
  /** Cuts the line of a device, or mends it. */
  turnLine(device: string, cut: boolean): Promise<void>;
}

/** Looks at the server every second while the page is shown, and at once after each action. */
export function useServer(): Server {
  const [state, setState] = useState<ServerState | null>(null);
  const [reachable, setReachable] = useState(true);
  const looks = useRef({ begun: 0, shown: 0, text: '' });

  const look = useCallback(async () => {
    const mine = looks.current;
    const n = ++mine.begun;
    try {
      const text = await readStateText(ledgerLength);
      // A slow answer must not put an older state over a newer one.
      if (n < mine.shown) return;
      mine.shown = n;
      if (text !== mine.text) setState(JSON.parse(text) as ServerState);
      mine.text = text;
      setReachable(true);
    } catch {
      setReachable(false);
    }
  }, []);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const again = async () => {
      if (document.visibilityState === 'visible') await look();
      if (!stopped) timer = setTimeout(again, interval);
    };
    void again();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [look]);

  return useMemo(() => {
    const thenLook =
      <A extends unknown[]>(act: (...args: A) => Promise<void>) =>
      async (...args: A) => {
        try {
          await act(...args);
        } finally {
          await look();
        }
      };
    // A checkbox must not jump back while the server is told. A line's state is never guessed: what
    // follows a cut relies on it.
    const turn = (knobs: Partial<Knobs>) => {
      looks.current.text = '';
      setState((now) => now && { ...now, trouble: { ...now.trouble, ...knobs } });
      return turnKnobs(knobs);
    };
    return {
      state,
      reachable,
      turn: thenLook(turn),
      turnLine: thenLook(turnLine),
    };
  }, [state, reachable, look]);
}
