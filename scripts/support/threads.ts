import { Worker } from 'node:worker_threads';

export interface ThreadsOptions<Job, Answer> {
  /** The file that each thread runs: it answers each message, a job, with one message. */
  readonly file: URL;
  /** Threads at a time. */
  readonly width: number;
  readonly env?: NodeJS.ProcessEnv;
  /** What a job is called where its thread dies of it. */
  readonly nameOf: (job: Job) => string;
  /** Hears of each answer as it comes. */
  readonly onAnswer?: (job: Job, answer: Answer) => void;
  /** After an answer of this kind no further job is begun. */
  readonly isLast?: (answer: Answer) => boolean;
}

/**
 * Works through a list in threads. The answers stand in the order of the jobs, whichever was done
 * first; where one was the last, those of jobs that were never begun are missing at the end.
 * @throws Error where a thread dies, with the name of its job
 */
export async function inThreads<Job, Answer>(
  jobs: readonly Job[],
  options: ThreadsOptions<Job, Answer>,
): Promise<readonly Answer[]> {
  const { file, width, env = process.env, nameOf, onAnswer, isLast } = options;
  const answers: Answer[] = [];
  let next = 0;
  let isOver = false;
  const work = async (): Promise<void> => {
    const worker = new Worker(file, { execArgv: [], env });
    try {
      while (next < jobs.length && !isOver) {
        const at = next++;
        const job = jobs[at] as Job;
        const answer = await answerOf<Job, Answer>(worker, job, nameOf);
        answers[at] = answer;
        if (isLast?.(answer)) isOver = true;
        onAnswer?.(job, answer);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, work));
  return answers;
}

function answerOf<Job, Answer>(
  worker: Worker,
  job: Job,
  nameOf: (job: Job) => string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) => {
      reject(new Error(`a thread died at ${nameOf(job)}`, { cause }));
    };
    worker.once('error', failed);
    worker.once('message', (answer: Answer) => {
      worker.off('error', failed);
      resolve(answer);
    });
    worker.postMessage(job);
  });
}
