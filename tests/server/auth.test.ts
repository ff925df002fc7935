import { expect, test } from 'vitest';
import { createTokens } from '../../demo/server/tokens.ts';
import { call, type Sending, serve } from './support.ts';

const bearer = (token: unknown): Sending => ({ headers: { Authorization: `Bearer ${token}` } });
const post = (body: unknown): Sending => ({ method: 'POST', body });

async function guarded() {
  const server = await serve();
  server.trouble.set({ auth: true });
  const { apiUrl, pageUrl } = server;
  const logIn = async () => (await call(`${apiUrl}/auth/login`, post({}))).body;
  const refresh = (refreshToken: unknown) => call(`${apiUrl}/auth/refresh`, post({ refreshToken }));
  const todos = (sending: Sending = {}) => call(`${apiUrl}/todos`, sending);
  const control = (what: string) => call(`${pageUrl}/_control/${what}`, { method: 'POST' });
  return { server, logIn, refresh, todos, control };
}

test('a guarded server lets in who has a token, and tells everybody else what is missing', async () => {
  const { logIn, todos } = await guarded();
  for (const sending of [{}, bearer('nonsense'), { headers: { Authorization: 'Basic x' } }]) {
    const answer = await todos(sending);
    expect([answer.status, answer.body.type]).toEqual([401, 'unauthorized']);
    expect(answer.headers.get('WWW-Authenticate')).toContain('Bearer');
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*');
  }
  const session = await logIn();
  expect(session).toMatchObject({ expiresIn: 900 });
  expect((await todos(bearer(session.token))).status).toBe(200);
  const basic = { headers: { Authorization: `Basic ${session.token}` } };
  expect((await todos(basic)).status).toBe(401);
});

test('a server that is not guarded asks nobody', async () => {
  const { apiUrl } = await serve();
  expect((await call(`${apiUrl}/todos`)).status).toBe(200);
});

test('a token that has died is renewed while the session lasts', async () => {
  const { logIn, refresh, todos, control } = await guarded();
  const { token, refreshToken } = await logIn();
  await control('expireTokens');
  expect((await todos(bearer(token))).status).toBe(401);
  const renewed = await refresh(refreshToken);
  expect((await todos(bearer(renewed.body.token))).status).toBe(200);
  await control('revokeSessions');
  expect((await todos(bearer(renewed.body.token))).status).toBe(401);
  expect((await refresh(refreshToken)).status).toBe(401);
  for (const input of [undefined, 3, null]) expect((await refresh(input)).status).toBe(401);
});

test('a refusal for want of a token changes nothing and remembers no key', async () => {
  const { server, logIn } = await guarded();
  const { token } = await logIn();
  const write = (headers: Record<string, string>) =>
    call(`${server.apiUrl}/notes`, { method: 'POST', body: {}, key: 'op', headers });
  expect((await write({})).status).toBe(401);
  expect(server.database.ledger.after(0)).toEqual([]);
  expect((await write({ Authorization: `Bearer ${token}` })).status).toBe(201);
});

test('what can’t be read is no refresh', async () => {
  const { server } = await guarded();
  const url = `${server.apiUrl}/auth/refresh`;
  const answer = await call(url, { method: 'POST', raw: '{' });
  expect([answer.status, answer.body.type]).toEqual([400, 'malformed-body']);
  expect((await call(url)).status).toBe(401);
});

test('a token lives for a quarter of an hour', () => {
  let now = 0;
  const tokens = createTokens(() => now);
  const { token } = tokens.logIn();
  now = 15 * 60_000 - 1;
  expect(tokens.isGood(token)).toBe(true);
  now += 1;
  expect(tokens.isGood(token)).toBe(false);
});
