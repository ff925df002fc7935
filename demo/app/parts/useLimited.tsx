import { useState } from 'react';

const step = 200;

interface Limited<T> {
  readonly shown: readonly T[];
  /** The button that shows more, or nothing when all are shown. */
  readonly more: React.ReactNode;
}

/** The first 200 of a long list, and more when asked: ten thousand rows would stop the page. */
export function useLimited<T>(all: readonly T[], noun: string): Limited<T> {
  const [limit, setLimit] = useState(step);
  const hidden = all.length - limit;
  const more = hidden > 0 && (
    <button type="button" className="button more" onClick={() => setLimit(limit + step)}>
      Show more{' '}
      <span className="quiet">
        ({hidden.toLocaleString('en')} {noun} not shown)
      </span>
    </button>
  );
  return { shown: hidden > 0 ? all.slice(0, limit) : all, more };
}
