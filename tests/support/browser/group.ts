import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { listProcesses } from './processes.ts';

/**
 * Kills a whole process group with SIGKILL and returns when the last member is gone, so that
 * nobody still writes to the profile when the next browser opens it.
 *
 * @param deadline milliseconds
 * @throws Error naming the survivors, if some are left at the deadline
 */
export async function killGroup(group: number, deadline = 10_000): Promise<void> {
  const end = performance.now() + deadline;
  for (;;) {
    signalGroup(group);
    const left = (await listProcesses()).filter((row) => row.group === group);
    if (left.length === 0) return;
    if (performance.now() > end) {
      throw new Error(`Still running after SIGKILL:\n${left.map(describe).join('\n')}`);
    }
    await sleep(5);
  }
}

/** Waits until a group has no members left; false if some remain at the deadline (milliseconds). */
export async function groupEnds(group: number, deadline: number): Promise<boolean> {
  const end = performance.now() + deadline;
  while ((await listProcesses()).some((row) => row.group === group)) {
    if (performance.now() > end) return false;
    await sleep(10);
  }
  return true;
}

/**
 * Kills the group when this process ends, in whatever way: a shell waits at a pipe that only we
 * hold open. An exit handler would miss SIGKILL, and signal handlers would change how the test
 * runner itself stops.
 *
 * @returns stands the guard down; call it once the group has ended, before its number is reused
 */
export function guardGroup(group: number): () => void {
  const guard = spawn('sh', ['-c', 'read _; kill -KILL "-$0"', String(group)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  guard.stdin.on('error', () => {}); // The guard has gone before us: nothing left to tell it.
  return () => {
    guard.kill('SIGKILL');
  };
}

function signalGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // No such group any more.
  }
}

function describe(row: { pid: number; command: string }): string {
  return `${row.pid} ${row.command.slice(0, 200)}`;
}
