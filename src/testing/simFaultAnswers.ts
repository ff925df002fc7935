import type { NetFault } from './plan.ts';
import type { WireAnswer } from './serverPort.ts';

function plain(status: number, headers: WireAnswer['headers'] = {}): WireAnswer {
  return { status, headers, body: '' };
}

/** Answers that come from in front of the server: it never heard of the request. */
export const answersInstead: Readonly<Partial<Record<NetFault, WireAnswer>>> = {
  status500: plain(500),
  /** Too much at once: everything waits for three seconds. */
  tooMany: plain(429, { 'retry-after': '3' }),
  unavailable: plain(503, { 'retry-after': '2' }),
  /** A proxy that has taken it, and has done nothing yet. */
  accepted: plain(202),
  /** A deployment that takes nothing. */
  badDeploy: plain(405),
  locked: plain(423),
  html: {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<html>Welcome to the hotel</html>',
  },
};
