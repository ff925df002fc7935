import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Runs a neighbouring script in a Node process of its own. Two steps need that: the unpacking and
 * the bundling both read process-wide environment variables (TMPDIR, NODE_ENV), and to change
 * those in the test process would reach every test that runs meanwhile.
 */
export async function runScript(
  script: URL,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await run(process.execPath, [fileURLToPath(script), ...args], {
    env: { ...process.env, ...env },
    maxBuffer: 16 * 1024 * 1024,
  });
}
