import { useState } from 'react';

const step = 100;

/** How much of a long list is shown, and how to show more: ten thousand rows would stop the page. */
export function useLimit(): [limit: number, raise: () => void] {
  const [limit, setLimit] = useState(step);
  return [limit, () => setLimit(limit + step)];
}
