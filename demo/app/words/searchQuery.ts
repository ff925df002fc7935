import type { Query } from 'syncharts';
import type { Todo } from '../createDevice.ts';

function withFirst(text: string, change: (letter: string) => string): string {
  const [first = ''] = text;
  return change(first) + text.slice(first.length);
}

/**
 * The todos whose titles have a text in them, newest first, because that is where one looks after
 * adding. Texts are compared as they are written, so a first letter is tried in both cases.
 */
export function searchQuery(text: string): Query<Todo> {
  const wanted = text.trim();
  const orderBy = [['id', 'desc']] as const;
  if (wanted === '') return { orderBy };
  const [small, capital] = [
    withFirst(wanted, (letter) => letter.toLowerCase()),
    withFirst(wanted, (letter) => letter.toUpperCase()),
  ];
  const or = [{ title: { contains: small } }, { title: { contains: capital } }];
  return { where: { or }, orderBy };
}
