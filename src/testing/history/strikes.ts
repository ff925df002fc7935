import { rowChecks } from '../../../store/rows/codecs.ts';
import type { Attempt } from '../net/simNet.ts';
import type { Fault } from '../plan/plan.ts';
import { batchPath } from '../server/simBatch.ts';

/** A fault that struck, and what was being done at that moment. */
export interface Strike {
  readonly fault: Fault;
  /**
   * Durable steps (`append sealed`, `checkpoint end`), requests (`POST`, `GET page`), or
   * `any moment` for what strikes by the clock.
   */
  readonly points: readonly string[];
}

/** What is read of a run. */
interface Seen {
  readonly fired: ReadonlySet<Fault>;
  readonly devices: readonly { readonly disk: { readonly points: readonly string[] } }[];
  readonly net: { readonly attempts: readonly Attempt[] };
}

/** What struck in a run, and where. */
export function strikesOf(run: Seen): Strike[] {
  return [...run.fired].map((fault) => ({ fault, points: pointsOf(run, fault) }));
}

function pointsOf(run: Seen, fault: Fault): string[] {
  if (fault.on === 'time') return ['any moment'];
  if (fault.on === 'disk') {
    return durableSteps(run.devices[fault.device]?.disk.points[fault.n - 1] ?? 'unknown');
  }
  const sent = run.net.attempts.filter(({ device }) => device === fault.device)[fault.n - 1];
  return [sent ? requestKind(sent.method, sent.path) : 'unknown'];
}

/** A batch of several kinds of rows is a point of each of them. */
function durableSteps(name: string): string[] {
  const [first, types] = name.split(' ');
  return first === 'append' && types !== undefined
    ? types.split('+').map((type) => `append ${type}`)
    : [name];
}

function requestKind(method: string, path: string): string {
  if (path === batchPath) return 'batch';
  if (method !== 'GET') return method;
  const [place = '', query = ''] = path.split('?');
  if (query === 'limit=1') return 'GET probe';
  return place.includes('/') ? 'GET record' : 'GET page';
}

/** Places where a disk fault can strike: each kind of row, and what a checkpoint and a start write. */
export const durablePoints: readonly string[] = [
  ...Object.keys(rowChecks).map((type) => `append ${type}`),
  ...['checkpoint slice', 'checkpoint end', 'sweep', 'take the lead', 'identity'],
];
export const requestPoints = [
  ...['POST', 'PATCH', 'PUT', 'DELETE', 'GET page', 'GET record', 'GET probe', 'batch'],
] as const;
