import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The file in which Chromium writes its port and its path, once both are open. */
export function portFile(profile: string): string {
  return join(profile, 'DevToolsActivePort');
}

/**
 * Waits for Chromium to tell where it listens.
 *
 * @param hasEnded asked at each turn, so that a browser that died is not waited for
 * @param deadline milliseconds
 * @returns the WebSocket address
 * @throws Error if the browser ended or the deadline passed
 */
export async function waitForEndpoint(
  profile: string,
  deadline: number,
  hasEnded: () => boolean,
): Promise<string> {
  const end = performance.now() + deadline;
  while (performance.now() < end) {
    if (hasEnded()) throw new Error('It ended before it opened its port.');
    const [port, path] = (await readFile(portFile(profile), 'utf8').catch(() => '')).split('\n');
    if (port && path) return `ws://127.0.0.1:${port}${path}`;
    await sleep(10);
  }
  throw new Error(`It opened no port within ${deadline} ms.`);
}
