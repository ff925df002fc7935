import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { call, serve, temporaryFile } from './support.ts';

interface Spawned {
  readonly child: ChildProcess;
  readonly apiUrl: string;
  readonly line: string;
}

const MAIN = 'demo/server/main.ts';

async function spawnServer(file: string): Promise<Spawned> {
  const options = ['--file', file, '--api-port', '0', '--page-port', '0', '--page', '.', '--json'];
  const child = spawn(process.execPath, [MAIN, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === 2) break;
  }
  const [line = '', json = ''] = lines;
  return { child, line, apiUrl: (JSON.parse(json) as { apiUrl: string }).apiUrl };
}

async function write(apiUrl: string, n: number): Promise<number> {
  const body = { id: `t${n}`, title: `Todo ${n}` };
  return (await call(`${apiUrl}/todos`, { method: 'POST', body, key: `op-${n}` })).status;
}

test('a server killed in the middle of writes has lost none that it answered', async () => {
  const file = temporaryFile();
  const { child, apiUrl } = await spawnServer(file);
  const answered: number[] = [];
  let next = 0;
  const writer = async (): Promise<void> => {
    for (;;) {
      const n = next++;
      // The first call that fails is the kill: whether it was applied is for the resend to find out.
      const status = await write(apiUrl, n).catch(() => undefined);
      if (status === undefined) return;
      answered.push(n);
      if (answered.length === 60) child.kill('SIGKILL');
    }
  };
  await Promise.all([writer(), writer(), writer(), writer()]);

  const { apiUrl: again, database } = await serve({ file });
  const survived = new Set(database.records.all('todos').map(({ id }) => id));
  expect(answered.length).toBeGreaterThanOrEqual(60);
  expect(answered.filter((n) => !survived.has(`t${n}`))).toEqual([]);
  const statuses = await Promise.all(Array.from({ length: next }, (_, n) => write(again, n)));
  expect(new Set(statuses)).toEqual(new Set([201]));
  const keys = database.ledger.after(0).map(({ key }) => key);
  expect(keys).toHaveLength(next);
  expect(new Set(keys).size).toBe(next);
}, 30_000);

test('the program says where it is in one line and ends cleanly when told to', async () => {
  const { child, line } = await spawnServer(temporaryFile());
  expect(line).toMatch(
    /^Syncharts demo: http:\/\/localhost:\d+ \(API on http:\/\/localhost:\d+\)$/,
  );
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
}, 30_000);

test('the program says so when a port is taken', async () => {
  const { apiUrl } = await serve();
  const { port } = new URL(apiUrl);
  const options = [
    '--file',
    temporaryFile(),
    '--api-port',
    port,
    '--page-port',
    '0',
    '--page',
    '.',
  ];
  const child = spawn(process.execPath, [MAIN, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  expect((await once(child, 'close'))[0]).toBe(1);
  expect(said).toContain(`Port ${port} is taken`);
}, 30_000);
