import type { NetFault } from '../plan/plan.ts';
import type { WireAnswer } from '../server/serverPort.ts';
import { problem } from '../server/simAnswers.ts';

export function plain(status: number, headers: WireAnswer['headers'] = {}): WireAnswer {
  return { status, headers, body: '' };
}

/** One of a row of the answer table: which, the number of the request says. */
export function pick<T>(row: readonly T[], n: number): T {
  return row[n % row.length] as T;
}

/** ms between the two dates of `pausedDate`. */
export const datedPause = 4_000;

const statuses = (...row: number[]): readonly WireAnswer[] => row.map((status) => plain(status));

/** Answers that come from in front of the server: it never heard of the request. */
const rows: Readonly<Partial<Record<NetFault, readonly WireAnswer[]>>> = {
  status500: statuses(500),
  stuck: statuses(500),
  gateway: statuses(502, 504, 408, 425, 421, 503, 507, 509, 522),
  /** Too much at once: everything waits for three seconds. */
  tooMany: [plain(429, { 'retry-after': '3' })],
  unavailable: [plain(503, { 'retry-after': '2' })],
  /** A proxy that has taken it, and has done nothing yet. */
  accepted: statuses(202),
  /** A deployment that takes nothing, a proxy's log-in, a redirect of which no more is told. */
  badDeploy: statuses(405, 406, 415, 426, 501, 505, 511, 302, 0),
  notFound: [plain(404)],
  locked: statuses(423),
  refusal: [400, 402, 403, 413, 422, 424, 431, 451].map((status) => problem(status, 'refused')),
  tooLarge: statuses(413),
  precondition: statuses(409, 412, 428),
  inProgress: [
    problem(409, 'idempotency-in-progress'),
    problem(409, 'wait', {}, { 'retry-after': '1' }),
  ],
  pausedBare: statuses(429),
  pausedDate: [
    plain(429, {
      date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      'retry-after': 'Thu, 01 Jan 2026 00:00:04 GMT',
    }),
  ],
  pausedLong: [plain(429, { 'retry-after': '400' })],
  acceptedLong: [plain(202, { 'retry-after': '400' })],
  html: [
    {
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<html>Welcome to the hotel</html>',
    },
  ],
};

/** What comes instead of the server's answer; null: the server is asked. */
export function instead(fault: NetFault, n: number): WireAnswer | null {
  const row = rows[fault];
  return row ? pick(row, n) : null;
}
