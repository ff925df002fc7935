import { expect, test } from 'vitest';
import { sealed, todo } from '../support/rest.ts';

const model = { ...todo, versionField: 'revision' };
const changes = { title: 'Tea', revision: 7 };

test('SV4: a record made again after others deleted it goes without the version of its life before', () => {
  const create = sealed('create', { changes }, model, { versioning: 'field' });
  expect(JSON.parse(`${create.body}`)).toEqual({ id: 'a', title: 'Tea' });
  // Where versions are told beside the record, it is a field as any other.
  const plain = sealed('create', { changes }, model, { versioning: 'etag' });
  expect(JSON.parse(`${plain.body}`)).toEqual({ id: 'a', ...changes });
});
