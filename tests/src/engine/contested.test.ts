import { expect, test } from 'vitest';
import { contestedOf } from '../../../src/engine/answers/contested.ts';
import { operation } from '../../support/rows.ts';

const edit = () => operation('update', 'a', { title: 'Tea' });
const removal = () => operation('delete', 'a');
const made = () => operation('create', 'a', { title: 'anew' });

test('S13: a conflict is about the request that met it', () => {
  const lane = [edit(), edit(), edit()];
  expect(contestedOf(lane, 1)).toEqual(lane.slice(0, 1));
  expect(contestedOf(lane, 3)).toEqual(lane);
});

test('S13: what is deleted and made anew behind it is one change with it, as far as what makes it', () => {
  const parent = { ...edit(), dependsOn: ['other'] };
  expect(contestedOf([removal(), made(), edit(), parent], 1)).toHaveLength(3);
  expect(contestedOf([edit(), removal(), made(), parent], 1)).toHaveLength(3);
  expect(contestedOf([removal(), made(), removal(), made()], 1)).toHaveLength(4);
});

test('S13: a delete that stands behind stays there, and so does an edit that has nothing to edit', () => {
  expect(contestedOf([edit(), removal()], 1)).toHaveLength(1);
  expect(contestedOf([removal(), edit()], 1)).toHaveLength(1);
  expect(contestedOf([made(), edit(), made()], 2)).toHaveLength(2);
});
