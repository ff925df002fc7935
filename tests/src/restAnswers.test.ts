import { describe, expect, test } from 'vitest';
import type { FailureCode } from '../../src/index.ts';
import { type Meaning, meaningOf } from '../../src/rest/meanings.ts';
import { json, meaning, now, record, text, todo } from '../support/rest.ts';

const kinds = ['create', 'update', 'delete'] as const;
const redirect = (status: number, location: string) =>
  new Response(null, { status, headers: { location } });

describe('a yes', () => {
  test('200 or 201 with a record: committed, with version and last operation', async () => {
    const headers = { etag: '"2"', 'last-operation-id': 'op-1' };
    const remote = { record, version: '"2"', lastOperationId: 'op-1' };
    const committed = { kind: 'committed', remote, version: '"2"' };
    expect(await meaning(json(record, 200, headers))).toEqual(committed);
    expect(await meaning(json(record, 201, headers), 'create')).toEqual(committed);
  });

  test('204 without one: committed, the record is what was sent', async () => {
    const nothing = () => new Response(null, { status: 204, headers: { etag: '"5"' } });
    expect(await meaning(nothing())).toEqual({ kind: 'committed', remote: null, version: '"5"' });
    expect(await meaning(nothing(), 'delete')).toMatchObject({
      kind: 'committed',
      remote: { record: null },
    });
  });

  test('a yes in other words is a yes without a record: nothing of it is taken for one', async () => {
    const words = { success: true, message: 'saved' };
    expect(await meaning(json(words))).toEqual({ kind: 'committed', remote: null, version: null });
  });

  test('S36: a record is found under the usual names, and alone in a list', async () => {
    for (const body of [
      { data: record },
      { todo: record },
      { record },
      { item: record },
      [record],
    ]) {
      expect(await meaning(json(body))).toMatchObject({ kind: 'committed', remote: { record } });
    }
  });

  test('a page of HTML for a yes to nothing is no page: many servers say so of an empty answer', async () => {
    const empty = text('', 'text/html');
    expect(await meaning(empty)).toMatchObject({ kind: 'committed', remote: null });
  });
});

describe('not yet', () => {
  test('SV19: 202 says that the server works on it, and when to ask', async () => {
    expect(await meaning(json({}, 202, { 'retry-after': '3' }))).toMatchObject({
      kind: 'underWay',
      retryIn: 3_000,
      failure: { code: 'underWay', status: 202 },
    });
    expect(await meaning(json(undefined, 202))).toMatchObject({ kind: 'underWay', retryIn: null });
  });

  test('SV9: 409 for a key that is in progress is no conflict; the type tells, not the words', async () => {
    const types = [
      'idempotency-in-progress',
      'https://developer.example.com/idempotency',
      'urn:problem:IDEMPOTENCY_KEY_IN_USE',
    ];
    for (const type of types) {
      const answer = await meaning(json({ type, title: 'x' }, 409, { 'retry-after': '1' }));
      expect(answer).toMatchObject({ kind: 'underWay', retryIn: 1_000 });
    }
    const code = json({ error: { code: 'idempotency_concurrent_request' } }, 409);
    expect(await meaning(code)).toMatchObject({ kind: 'underWay', retryIn: null });
    const bare = json({}, 409, { 'retry-after': '2' });
    expect(await meaning(bare)).toMatchObject({ kind: 'underWay', retryIn: 2_000 });
    const words = json({ title: 'idempotency key in progress' }, 409);
    expect(await meaning(words)).toMatchObject({ kind: 'conflict', remote: null });
  });

  test.each([408, 421, 423, 425, 500, 502, 504, 507, 509, 520, 524, 599])(
    'SV8 SV17: %i is tried again with the same key',
    async (status) => {
      for (const kind of kinds) {
        expect(await meaning(json({}, status), kind)).toMatchObject({
          kind: 'retryLater',
          failure: { code: 'server', status },
        });
      }
    },
  );

  test('SV17: a page of a proxy with a 502 is a 502, not a portal', async () => {
    const page = text('<html>Bad gateway</html>', 'text/html', 502);
    expect(await meaning(page)).toMatchObject({ kind: 'retryLater', failure: { code: 'server' } });
  });
});

describe('others were there', () => {
  test('SV10: 412, 428 and 409 are conflicts, with the record when it came', async () => {
    const body = { record, version: 7, lastOperationId: 'x' };
    const remote = { record, version: '"7"', lastOperationId: 'x' };
    for (const status of [412, 409, 428]) {
      expect(await meaning(json(body, status))).toEqual({ kind: 'conflict', remote });
      expect(await meaning(json({}, status))).toEqual({ kind: 'conflict', remote: null });
    }
    const gone = json({ record: null, version: null }, 412);
    expect(await meaning(gone)).toMatchObject({ remote: { record: null } });
  });

  test.each([409, 412, 428])(
    'SV10: a conflict brings the words of the server (%i)',
    async (status) => {
      const message = 'duplicate key value violates unique constraint "todos_title_key"';
      for (const body of [
        { message, code: '23505' },
        { detail: message },
        { error: { message } },
      ]) {
        expect(await meaning(json(body, status))).toEqual({
          kind: 'conflict',
          remote: null,
          failure: { code: 'conflict', status, message, at: now },
        });
      }
    },
  );

  test('SV10: a conflict that brings the record is one, though it says when to come back', async () => {
    const response = json({ type: 'idempotency', record, version: 2 }, 409, { 'retry-after': '1' });
    expect(await meaning(response)).toMatchObject({ kind: 'conflict', remote: { record } });
  });

  test('SV10: the record may stand in the place of the problem', async () => {
    const bare = json(record, 409, { 'content-type': 'application/json', etag: '"4"' });
    expect(await meaning(bare)).toMatchObject({
      kind: 'conflict',
      remote: { record, version: '"4"' },
    });
    const wrapped = json({ data: record }, 412);
    expect(await meaning(wrapped)).toMatchObject({ kind: 'conflict', remote: { record } });
  });

  test('SV21: a conflict that brings another record brings none', async () => {
    for (const body of [{ record: { id: 'other' } }, { id: 'problem-17' }, { record: 3 }]) {
      expect(await meaning(json(body, 412))).toEqual({ kind: 'conflict', remote: null });
    }
  });

  test('SV4 SV5: 410 says for certain that a record is gone, 404 not yet', async () => {
    for (const kind of ['update', 'delete'] as const) {
      expect(await meaning(json({}, 410), kind)).toMatchObject({ kind: 'gone', certain: true });
      expect(await meaning(json({}, 404), kind)).toMatchObject({
        kind: 'gone',
        certain: false,
        failure: { status: 404 },
      });
    }
  });

  test('SV4: a create meets nothing that could be gone: 410 refuses it, 404 is a wrong address', async () => {
    expect(await meaning(json({}, 410), 'create')).toMatchObject({ kind: 'rejected' });
    const held = { kind: 'held', by: 'deployment', failure: { code: 'misdeployed' } };
    expect(await meaning(json({}, 404), 'create')).toMatchObject(held);
  });
});

describe('a no', () => {
  test.each([400, 402, 418, 422, 424, 451, 499])(
    'SV1: %i is refused for good, with the server’s reason',
    async (status) => {
      const problem = { title: 'invalid', detail: 'title must not be empty' };
      const failure = { code: 'rejected', status, message: 'title must not be empty', at: now };
      expect(await meaning(json(problem, status))).toEqual({ kind: 'rejected', failure });
    },
  );

  test('SV3: 403 is refused for this person', async () => {
    expect(await meaning(json({}, 403))).toMatchObject({
      kind: 'rejected',
      failure: { code: 'forbidden', status: 403 },
    });
  });

  test.each([413, 431])('SV12: %i is more than the server takes', async (status) => {
    expect(await meaning(json({}, status))).toMatchObject({
      kind: 'rejected',
      failure: { code: 'tooLarge', status },
    });
  });

  test('SV13: a key that stands for another request is said to be so, by type alone', async () => {
    const message = expect.stringContaining('idempotency key was used for another request');
    const reused = [
      json({ type: 'idempotency-key-reused' }, 422),
      json({ type: 'https://developer.example.com/idempotency' }, 422),
      json({ error: { type: 'idempotency_error', code: 'idempotency_key_reuse' } }, 400),
      json({ code: 'IdempotencyPayloadMismatch' }, 409),
    ];
    for (const response of reused) {
      expect(await meaning(response)).toMatchObject({ kind: 'rejected', failure: { message } });
    }
    const other = await meaning(json({ title: 'idempotency key reused' }, 422));
    expect(other).toMatchObject({ failure: { message: 'idempotency key reused' } });
  });

  test('SEC17: of the server’s words 500 characters are kept', async () => {
    const answer = await meaning(json({ detail: 'x'.repeat(9_999) }, 422));
    expect(answer).toMatchObject({ failure: { message: 'x'.repeat(500) } });
  });
});

describe('not about this request', () => {
  test('SV2: 401 holds the line until there are other credentials', async () => {
    const failure = { code: 'unauthorized', status: 401 };
    expect(await meaning(json({}, 401))).toMatchObject({ kind: 'held', by: 'auth', failure });
  });

  test.each([405, 406, 407, 415, 426, 501, 505])(
    'SV7: %i says that nothing on this server can take it: the deployment is wrong',
    async (status) => {
      const failure = { code: 'misdeployed', status };
      for (const kind of kinds) {
        expect(await meaning(json({}, status), kind)).toMatchObject({
          ...{ kind: 'held', by: 'deployment', failure },
        });
      }
    },
  );

  test('SV18: 511 is a portal in front of the server', async () => {
    const page = text('<html>Log in</html>', 'text/html', 511);
    expect(await meaning(page)).toMatchObject({ kind: 'held', by: 'deployment' });
  });

  test.each([301, 302, 303, 307, 308])(
    'NW13 NW15: %i to elsewhere is not followed: the line is held',
    async (status) => {
      const answer = await meaning(redirect(status, 'https://elsewhere.example.com/'));
      expect(answer).toMatchObject({ kind: 'held', by: 'deployment', failure: { status } });
    },
  );

  test('NW13: a redirect that a browser hides is one too', async () => {
    const hidden = Object.defineProperties(new Response(null), {
      type: { value: 'opaqueredirect' },
      status: { value: 0 },
    });
    const answer = await meaning(hidden);
    expect(answer).toMatchObject({ kind: 'held', by: 'deployment' });
    expect(answer).not.toHaveProperty('failure.status');
  });

  test('P11 SV14: 429 pauses the line, for as long as the server says', async () => {
    expect(await meaning(json({}, 429, { 'retry-after': '7' }))).toMatchObject({
      ...{ kind: 'held', by: 'pause', retryIn: 7_000, failure: { code: 'paused', status: 429 } },
    });
    expect(await meaning(json({}, 429))).toMatchObject({
      kind: 'held',
      by: 'pause',
      retryIn: null,
    });
  });

  test('P11 SV14: 503 pauses the line if it says for how long; else it is tried again', async () => {
    expect(await meaning(json({}, 503, { 'retry-after': '7' }))).toMatchObject({
      ...{ kind: 'held', by: 'pause', retryIn: 7_000 },
    });
    expect(await meaning(json({}, 503))).toMatchObject({ kind: 'retryLater' });
    expect(await meaning(json({}, 503, { 'retry-after': 'NaN' }))).toMatchObject({
      ...{ kind: 'retryLater', failure: { code: 'server' } },
    });
  });
});

describe('SV14: Retry-After', () => {
  const day = 86_400_000;
  const waits = async (said: string, date?: string) => {
    const headers = { 'retry-after': said, ...(date && { date }) };
    const answer = await meaning(json({}, 429, headers));
    return 'retryIn' in answer ? answer.retryIn : undefined;
  };

  test.each([
    ['0', 0],
    ['1.5', 1_500],
    ['-20', 0],
    ['315360000', day],
    ['9'.repeat(400), day],
    ['NaN', null],
    ['soon', null],
    ['May 5', null],
    ['', null],
  ])('%j', async (said, wait) => {
    expect(await waits(said)).toBe(wait);
  });

  test('SV23: a date counts from the server’s own clock, and from ours where it tells none', async () => {
    const inAMinute = new Date(now + 60_000).toUTCString();
    expect(await waits(inAMinute)).toBe(60_000);
    const skewed = new Date(now + 10 * 365 * day).toUTCString();
    expect(await waits(new Date(now + 10 * 365 * day + 5_000).toUTCString(), skewed)).toBe(5_000);
    expect(await waits(skewed)).toBe(day);
    expect(await waits(new Date(now - day).toUTCString())).toBe(0);
  });

  test('every form of a date is read as UTC', async () => {
    for (const said of [
      'Fri, 01 May 2026 12:00:09 GMT',
      'Friday, 01-May-26 12:00:09 GMT',
      'Fri May  1 12:00:09 2026',
      '2026-05-01T12:00:09Z',
      '2026-05-01T14:00:09+02:00',
    ]) {
      expect(await waits(said)).toBe(9_000);
    }
  });
});

describe('what can’t be the answer', () => {
  test('NW10 NW14: half an answer or a foreign type is no success', async () => {
    for (const kind of kinds) {
      for (const response of [
        text('{"id":"a","ti', 'application/json'),
        text('{"id":"a"}', 'text/plain'),
      ]) {
        expect(await meaning(response, kind)).toMatchObject({
          ...{ kind: 'retryLater', failure: { code: 'unreadable' } },
        });
      }
    }
  });

  test('NW12: a page in the place of an answer means that there is no way to the server', async () => {
    for (const response of [
      () => text('<html>Welcome</html>', 'text/html'),
      () => text('<html/>', 'application/xhtml+xml'),
      () => text(' <!DOCTYPE html><p>Welcome', 'text/plain'),
    ]) {
      for (const kind of kinds) {
        await expect(meaning(response(), kind)).rejects.toMatchObject({ code: 'remote' });
      }
    }
  });

  test.each([206, 207, 226])('SV19: %i is no whole answer', async (status) => {
    expect(await meaning(json(record, status))).toMatchObject({
      ...{ kind: 'retryLater', failure: { code: 'unreadable', status } },
    });
  });

  test('SV20: null, a number or a list of numbers is no record', async () => {
    for (const body of [null, 3, 'x', [1], [record, record]]) {
      expect(await meaning(json(body))).toMatchObject({
        ...{ kind: 'retryLater', failure: { code: 'unreadable' } },
      });
    }
  });

  test('SV21: an answer about another record is refused', async () => {
    expect(await meaning(json({ id: 'other' }), 'update')).toMatchObject({ kind: 'retryLater' });
    expect(await meaning(json({ id: 'other' }), 'create')).toMatchObject({ kind: 'unclear' });
    const made = await meaning(json({ id: 7 }), 'create', { ...todo, ids: 'server' });
    expect(made).toMatchObject({ kind: 'committed', remote: { record: { id: 7 } } });
  });

  test('NW8: an answer that echoes another key belongs to another request', async () => {
    const echo = (key: string) => json(record, 200, { 'idempotency-key': key });
    expect(await meaning(echo('"op-2"'))).toMatchObject({
      ...{ kind: 'retryLater', failure: { code: 'unreadable' } },
    });
    for (const own of ['"op-1"', 'op-1']) {
      expect(await meaning(echo(own))).toMatchObject({ kind: 'committed' });
    }
    const refusal = json({}, 422, { 'idempotency-key': '"op-2"' });
    expect(await meaning(refusal)).toMatchObject({ kind: 'retryLater' });
  });

  test('DA1 DA10: an answer that would reach a prototype or is too deep is not kept', async () => {
    const deep = `{"id":"a","x":${'['.repeat(100)}${']'.repeat(100)}}`;
    for (const body of ['{"id":"a","__proto__":{"x":1}}', deep]) {
      expect(await meaning(text(body, 'application/json'))).toMatchObject({
        ...{ kind: 'retryLater', failure: { code: 'unreadable' } },
      });
    }
  });
});

describe('versions', () => {
  const versionOf = async (etag: string, options = {}) => {
    const answer = await meaning(json(record, 200, { etag }), 'update', todo, options);
    return 'remote' in answer ? answer.remote?.version : undefined;
  };

  test('SV25: the mark of a compressing server is no part of a tag; a weak tag stays weak', async () => {
    expect(await versionOf('"3-gzip"')).toBe('"3"');
    expect(await versionOf('"3--br"')).toBe('"3"');
    expect(await versionOf('W/"3"')).toBe('W/"3"');
  });

  test('versioning none takes none, versioning field takes the field before the tag', async () => {
    expect(await versionOf('"3"', { versioning: 'none' })).toBeNull();
    const model = { ...todo, versionField: 'revision' };
    const response = json({ ...record, revision: 12 }, 200, { etag: '"x"' });
    const answer = await meaning(response, 'update', model, { versioning: 'field' });
    expect(answer).toMatchObject({ remote: { version: '"12"' } });
  });
});

/** The published codes; a list that lacks one, or has another, does not compile. */
const codes = {
  ...{ network: true, timeout: true, unreadable: true, server: true, rejected: true },
  ...{ forbidden: true, tooLarge: true, serverError: true, underWay: true, paused: true },
  ...{ unauthorized: true, misdeployed: true, conflict: true, remoteDeleted: true },
} as const satisfies Record<FailureCode, true>;

/** The same for what an answer can mean. */
const meanings = {
  ...{ done: true, underWay: true, unreadable: true, unauthorized: true, forbidden: true },
  ...{ notFound: true, contested: true, gone: true, changed: true, tooLarge: true, paused: true },
  ...{ unavailable: true, later: true, misdeployed: true, refused: true },
} as const satisfies Record<Meaning, true>;

test('N11 P12: every status means something, whatever the request, and what fails has a published code', async () => {
  const met = new Set<string>();
  for (let status = 0; status < 1_000; status++) met.add(meaningOf(status));
  expect([...met].sort()).toEqual(Object.keys(meanings).sort());
  for (let status = 200; status < 600; status++) {
    for (const kind of kinds) {
      const answer = await meaning(new Response(null, { status }), kind);
      if (answer.kind === 'committed') expect(meaningOf(status)).toBe('done');
      if ('failure' in answer) expect(codes).toHaveProperty(String(answer.failure?.code), true);
    }
  }
});
