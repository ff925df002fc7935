import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A process of this machine that runs (the dead whom nobody has collected are left out). */
export interface ProcessRow {
  readonly pid: number;
  readonly group: number;
  readonly command: string;
}

/**
 * All running processes. From /proc where there is one, because small Linux images have no `ps`.
 * A killed process stays listed as a zombie until its parent collects it, and in a container an
 * orphan may never be collected: zombies hold no files, so they count as gone.
 */
export async function listProcesses(): Promise<ProcessRow[]> {
  const rows = process.platform === 'linux' ? await fromProc() : await fromPs();
  return rows.filter((row) => row !== undefined);
}

async function fromProc(): Promise<(ProcessRow | undefined)[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return Promise.all(pids.map(readProc));
}

async function readProc(pid: number): Promise<ProcessRow | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The second field is the name in brackets, and it may hold spaces and brackets itself.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    return { pid, group: Number(group), command: command.replaceAll('\0', ' ').trim() };
  } catch {
    return undefined; // It ended while we looked.
  }
}

async function fromPs(): Promise<(ProcessRow | undefined)[]> {
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,pgid=,stat=,command=']);
  return stdout.split('\n').map((line) => {
    const [, pid, group, state = 'Z', command = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (state.startsWith('Z')) return undefined;
    return { pid: Number(pid), group: Number(group), command };
  });
}
