import { expect, test } from 'vitest';
import { replacement } from '../../store/replacement.ts';
import type { Operation } from '../../store/rows/row.ts';
import { operation } from '../support/rows.ts';

const said = { id: 'new', kind: 'update', changes: { title: 'Tea' } } as const;

/** An edit that was made at a moment, with what else it says. */
function edit(at: number, more: Partial<Operation> = {}): Operation {
  return { ...operation('update', 'a', { title: `at ${at}` }), at, ...more };
}

test('S13: what stands for changes is as late as the last of them, and names all that it stands for', () => {
  const [first, second] = [edit(10, { supersedes: ['older'] }), edit(1)];
  const made = replacement([first, second], said);
  expect(made).toMatchObject({ ...said, at: 10, supersedes: [first.id, 'older', second.id] });
  expect(replacement([edit(1), edit(10)], said)).toMatchObject({ at: 10 });
  expect(replacement([], said)).toBeNull();
});

test('P6: it waits for all that any of them waited for, but not for those it stands for', () => {
  const first = edit(1, { dependsOn: ['parent'] });
  const second = edit(2, { dependsOn: [first.id, 'parent', 'other'] });
  expect(replacement([first, second], said)).toMatchObject({ dependsOn: ['parent', 'other'] });
  expect(replacement([edit(1)], said)).not.toHaveProperty('dependsOn');
});

test('S20: a call’s own address goes with its kind: that of a create is none for an update', () => {
  const request = { url: '{endpoint}/import', method: 'PUT' };
  const create = { ...operation('create', 'a', { title: 'A' }), request };
  expect(replacement([create], said)).not.toHaveProperty('request');
  expect(replacement([create], { ...said, kind: 'create' })).toMatchObject({ request });
  expect(replacement([edit(1, { request })], said)).toMatchObject({ request });
  expect(replacement([edit(1, { request }), edit(2)], said)).not.toHaveProperty('request');
  const removal = { ...operation('delete', 'a'), request };
  expect(replacement([edit(1), removal], { ...said, kind: 'delete' })).toMatchObject({ request });
});

test('it is hidden where one of them was: what waits for the server’s yes is not shown before', () => {
  const hidden = { visible: false, strategy: 'waitForRemote' } as const;
  expect(replacement([edit(1), edit(2, hidden)], said)).toMatchObject(hidden);
  expect(replacement([edit(1)], said)).toMatchObject({ visible: true, strategy: 'optimistic' });
});
