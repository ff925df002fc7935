export interface Waiting {
  /** Asked when it was in vain. */
  readonly what: () => string;
  readonly check: () => boolean;
  /** Calls back at each change; returns how to stop. */
  readonly subscribe: (listener: () => void) => () => void;
  /** ms */
  readonly deadline?: number;
}

/** Resolves as soon as `check` holds, asked at each change; rejects at the deadline. */
export function until({ what, check, subscribe, deadline = 30_000 }: Waiting): Promise<void> {
  return new Promise((resolve, reject) => {
    let stop = () => {};
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`waited in vain for ${what()}`));
    }, deadline);
    const look = () => {
      if (!check()) return;
      clearTimeout(timer);
      stop();
      resolve();
    };
    stop = subscribe(look);
    look();
  });
}
