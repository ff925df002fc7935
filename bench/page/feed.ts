import type { TransportFactory } from 'syncharts';
import type { Todo } from './todos.ts';

const never = () => new Promise<never>(() => {});

/**
 * A server inside the page that serves records and nothing else. Its probe never ends, so a device
 * never comes online: what is measured is not disturbed by pushes, and pulls are asked for by hand.
 */
export function feed(records: readonly Todo[]): TransportFactory {
  const items = records.map((record) => ({ id: record.id, record, version: '"1"' }));
  return () => ({
    seal: () => {
      throw new Error('nothing is sent here');
    },
    push: never,
    read: never,
    probe: never,
    pull: ({ cursor, limit }) => {
      const from = Number(cursor ?? 0);
      const to = from + limit;
      const page = { items: items.slice(from, to), deleted: [], cursor: String(to) };
      return Promise.resolve({ kind: 'page', ...page, hasMore: to < items.length });
    },
  });
}
