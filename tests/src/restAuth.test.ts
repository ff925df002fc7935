import { describe, expect, test } from 'vitest';
import type { Transport } from '../../src/ports/transport.ts';
import type { RestOptions } from '../../src/rest.ts';
import { against, json, pullRequest, record, sealed, signal, todo } from '../support/rest.ts';

const secret = 'tok-3f9a-canary';

/** A transport with these options, and how it sends. */
function signedIn(options: Partial<RestOptions>, response: () => Response = () => json(record)) {
  const made = against(response, options);
  const push = () => made.transport.push(sealed('update'), todo, signal);
  const header = (name: string) => made.requests.at(-1)?.request.headers.get(name);
  return { ...made, push, header };
}

describe('P27: credentials', () => {
  test('are asked for whenever a request leaves', async () => {
    let count = 0;
    const { push, header, transport } = signedIn({ auth: { token: () => `t${++count}` } });
    await push();
    expect(header('authorization')).toBe('Bearer t1');
    await transport.pull(pullRequest(), signal);
    expect(header('authorization')).toBe('Bearer t2');
    await transport.read(todo, 'a', signal);
    expect(header('authorization')).toBe('Bearer t3');
  });

  test('go in another header as they are', async () => {
    const auth = { token: async () => secret, header: 'X-Session' };
    const { push, header } = signedIn({ auth });
    await push();
    expect(header('x-session')).toBe(secret);
    expect(header('authorization')).toBeNull();
  });

  test('and headers of the app’s own come from a function or an object, below the kit’s', async () => {
    const headers = async () => ({
      'X-Api-Key': 'k',
      Accept: 'application/hal+json',
      'If-Match': 'x',
    });
    const { push, header } = signedIn({ headers });
    await push();
    expect(header('x-api-key')).toBe('k');
    expect(header('accept')).toBe('application/hal+json');
    expect(header('if-match')).toBe('"1"');
  });

  test('SV2: where nobody is signed in nothing is sent, and the line is held', async () => {
    for (const token of ['', null]) {
      const { push, requests, transport } = signedIn({ auth: { token: () => token } });
      const held = { kind: 'held', by: 'auth', failure: { code: 'unauthorized' } };
      expect(await push()).toMatchObject(held);
      expect(await transport.pull(pullRequest(), signal)).toMatchObject(held);
      expect(requests).toEqual([]);
    }
  });

  test('that can’t be asked for now are a wire that fails: nobody is signed out', async () => {
    const token = () => Promise.reject(new Error('offline'));
    const { push, requests, transport } = signedIn({ auth: { token } });
    await expect(push()).rejects.toThrow('offline');
    expect(requests).toEqual([]);
    await transport.probe([todo], signal);
    expect(requests).toHaveLength(1);
  });
});

describe('P27 I25: a refresh', () => {
  const refreshOf = (options: RestOptions['auth']) =>
    against(() => json(record), options && { auth: options }).transport.refresh;

  test('is there where the app can do it', () => {
    expect(refreshOf(undefined)).toBeUndefined();
    expect(refreshOf({ token: () => 't' })).toBeUndefined();
  });

  test('says whether there are new credentials', async () => {
    const answers: [boolean | string, boolean][] = [
      [true, true],
      [false, false],
      ['', false],
    ];
    for (const [answer, is] of answers) {
      expect(await refreshOf({ token: () => 't', refresh: async () => answer })?.()).toBe(is);
    }
    const refresh = () => Promise.reject(new Error('offline'));
    await expect(refreshOf({ token: () => 't', refresh })?.()).rejects.toThrow('offline');
  });

  test('runs once, whoever asks meanwhile', async () => {
    let count = 0;
    const refresh = async () => {
      count++;
      return true;
    };
    const ask = refreshOf({ token: () => 't', refresh }) as NonNullable<Transport['refresh']>;
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([true, true, true]);
    expect(count).toBe(1);
    await ask();
    expect(count).toBe(2);
  });

  test('may give the token itself: it stands for the refused one until the app has another', async () => {
    let own = 'old';
    const auth = { token: () => own, refresh: async () => 'fresh' };
    const { push, header, transport } = signedIn({ auth });
    await push();
    expect(header('authorization')).toBe('Bearer old');
    await transport.refresh?.();
    await push();
    expect(header('authorization')).toBe('Bearer fresh');
    own = 'later';
    await push();
    expect(header('authorization')).toBe('Bearer later');
    own = 'old';
    await push();
    expect(header('authorization')).toBe('Bearer old');
  });
});

describe('SEC14 SEC15 I29: credentials stay where they are', () => {
  test('no answer brings them back, whatever the server says', async () => {
    const problem = { detail: `bad token ${secret}, and key k-123456` };
    const options = { auth: { token: () => secret }, headers: { 'x-api-key': 'k-123456' } };
    for (const status of [400, 401, 403, 404, 405, 409, 410, 413, 429, 500, 503]) {
      const { push, transport } = signedIn(options, () => json(problem, status));
      const told = JSON.stringify([await push(), await transport.pull(pullRequest(), signal)]);
      expect(told).not.toContain(secret);
      expect(told).not.toContain('k-123456');
    }
  });

  test('no sealed request and no url has them, and no request goes to an origin not named', async () => {
    const { push, requests } = signedIn({ auth: { token: () => secret } });
    await push();
    expect(JSON.stringify(sealed('update'))).not.toContain(secret);
    expect(requests[0]?.request.url).not.toContain(secret);
    const elsewhere = { ...sealed('update'), path: 'https://evil.example.com/x' };
    const { transport, requests: sent } = signedIn({ auth: { token: () => secret } });
    await transport.push(elsewhere, todo, signal);
    expect(sent).toEqual([]);
  });

  test('headers that look like credentials are not sent from the disk', async () => {
    const { transport, requests } = signedIn({});
    const headers = { authorization: 'Bearer planted', 'x-ok': '1' };
    await transport.push({ ...sealed('update'), headers }, todo, signal);
    expect(requests[0]?.request.headers.get('authorization')).toBeNull();
    expect(requests[0]?.request.headers.get('x-ok')).toBe('1');
  });
});
