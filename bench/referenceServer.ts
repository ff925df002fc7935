import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ServerProcess extends AsyncDisposable {
  readonly apiUrl: string;
  readonly controlUrl: string;
}

/**
 * The reference server in a process of its own, so that it takes no time from the driver's.
 *
 * @param synchronous `off`: its commits don't wait for the disk, which here is the browser's as well
 */
export async function startServerProcess(
  synchronous: 'full' | 'off' = 'full',
): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'syncharts-bench-'));
  const script = fileURLToPath(new URL('../demo/server/main.ts', import.meta.url));
  const ports = ['--api-port', '0', '--page-port', '0', '--page', folder];
  const file = ['--file', join(folder, 'server.sqlite'), '--synchronous', synchronous];
  const args = [script, '--json', ...ports, ...file];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) continue;
    const { apiUrl, pageUrl } = JSON.parse(line) as { apiUrl: string; pageUrl: string };
    child.stdout.resume();
    return { apiUrl, controlUrl: pageUrl, [Symbol.asyncDispose]: stop };
  }
  await stop();
  throw new Error('The reference server ended before it listened.');
}
