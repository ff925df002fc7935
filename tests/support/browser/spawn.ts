import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { findChromium } from './chromium.ts';
import { portFile } from './devTools.ts';
import { guardGroup } from './group.ts';

/** A Chromium that has been started and not yet been spoken to. */
export interface SpawnedChromium {
  /** Also the number of its process group. */
  readonly pid: number;
  hasEnded(): boolean;
  /** The last few thousand characters it wrote to stderr. */
  stderr(): string;
  /** To be called when the whole group has ended; until then the group dies with this process. */
  release(): void;
}

const tailLength = 4_000;

const standingArgs = [
  '--remote-debugging-port=0',
  '--no-sandbox', // Root in a container may not make sandboxes.
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-breakpad', // A crash handler leaves the process group and would survive a kill.
  '--disable-dev-shm-usage', // Containers often have 64 MB there, too little for several tabs.
  '--password-store=basic', // No question to the desktop's key ring.
];

/**
 * Spawns Chromium, with all its processes, as a process group of its own: one signal then takes
 * the browser and every renderer in the same instant, as a power cut or the system's memory killer
 * would. Playwright's own launch knows no such kill.
 */
export async function spawnChromium(
  profile: string,
  args: readonly string[],
): Promise<SpawnedChromium> {
  const { executablePath, env } = await findChromium();
  await mkdir(profile, { recursive: true });
  await rm(portFile(profile), { force: true }); // A killed browser leaves the port of its time.
  const child = spawn(
    executablePath,
    [`--user-data-dir=${profile}`, ...standingArgs, ...args, 'about:blank'],
    { detached: true, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await once(child, 'spawn'); // Rejects with the reason, if it cannot be spawned.
  const pid = child.pid ?? Number.NaN;
  let tail = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-tailLength);
  });
  return {
    pid,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    stderr: () => tail,
    release: guardGroup(pid),
  };
}
