import { settle } from './samples.ts';

/** Times by what took them, round by round, in ms. */
export class Notes {
  readonly times: Record<string, number[]> = {};

  time(name: string, ms: number): void {
    this.times[name] = [...(this.times[name] ?? []), ms];
  }

  /** Times work, as a span that stands in the browser's trace. */
  async watch(name: string, work: () => Promise<unknown>): Promise<void> {
    await settle();
    const start = performance.now();
    await work();
    const end = performance.now();
    performance.measure(name, { start, end });
    // What comes next (garbage is collected) is another task.
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.time(name, end - start);
  }
}
