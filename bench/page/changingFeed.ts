import type { TransportFactory } from 'syncharts';
import type { PulledRecord } from '../../src/ports/transport.ts';
import { idOf, spread, withoutId } from './todos.ts';

const never = () => new Promise<never>(() => {});

/**
 * A server inside the page with `count` records that are made while they are asked for (a million
 * at once would fill the memory that is measured). Once all are pulled, each further pull brings
 * `changes` records of new versions, spread over the table. Nothing is ever sent to it.
 */
export function changingFeed(count: number, changes: number): TransportFactory {
  let version = 1;
  const item = (id: string, n: number): PulledRecord => ({
    ...{ id, version: `"${version}"` },
    record: { id, ...withoutId(n) },
  });
  return () => ({
    seal: () => {
      throw new Error('nothing is sent here');
    },
    push: never,
    read: never,
    probe: never,
    pull: ({ cursor, limit }) => {
      const from = Number(cursor ?? 0);
      if (from >= count) {
        version++;
        const items = Array.from({ length: changes }, (_, i) => {
          const n = version * changes + i;
          return item(spread(n, count), n);
        });
        const page = { items, deleted: [], cursor: String(from + 1), hasMore: false };
        return Promise.resolve({ kind: 'page', ...page });
      }
      const to = Math.min(from + limit, count);
      const items = Array.from({ length: to - from }, (_, i) => item(idOf(from + i), from + i));
      const page = { items, deleted: [], cursor: String(to), hasMore: to < count };
      return Promise.resolve({ kind: 'page', ...page });
    },
  });
}
