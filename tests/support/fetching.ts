import type { Env } from '../../src/ports/env.ts';

/** An env's `fetch` of a function that reads whole requests, as a service worker would. */
export function fetching(answer: (request: Request) => Promise<Response>): Env['fetch'] {
  return (url, init) => answer(new Request(url, init));
}
