import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Job, Report } from './child.ts';

const childFile = join(import.meta.dirname, 'child.ts');
/** ms without a word after which a child is taken to run in circles. */
const silence = 60_000;

type Word = { readonly seed: number } | { readonly report: Report };

/** Runs a job in a process of its own: a planted bug may spin or crash it. */
export async function search(job: Job): Promise<Report> {
  const child = fork(childFile, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  try {
    return await listen(child, job);
  } finally {
    child.kill();
  }
}

function listen(child: ChildProcess, job: Job): Promise<Report> {
  const began = performance.now();
  let seed = job.from;
  let said = '';
  return new Promise((resolve) => {
    const end = (invariant: string, seen: string) =>
      resolve({
        found: { seed, invariant, seen },
        ran: seed - job.from + 1,
        seconds: (performance.now() - began) / 1_000,
      });
    const stuck = () => end('no end', 'the run does not come to its end');
    let timer = setTimeout(stuck, silence);
    child.stderr?.on('data', (text) => {
      said += text;
    });
    child.on('message', (word: Word) => {
      clearTimeout(timer);
      if ('report' in word) return resolve(word.report);
      seed = word.seed;
      timer = setTimeout(stuck, silence);
    });
    child.on('exit', () => {
      clearTimeout(timer);
      end('no crash', said.slice(-2_000));
    });
    child.send(job);
  });
}
