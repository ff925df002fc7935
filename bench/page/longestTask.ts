/**
 * The longest time (ms) for which the main thread was not free while `work` went on, seen by a
 * message that is posted again and again. (`PerformanceObserver` tells of tasks above 50 ms only.)
 */
export async function longestTask(work: () => Promise<void>): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  let longest = 0;
  let last = performance.now();
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    port2.postMessage(null);
  };
  port2.postMessage(null);
  await work();
  // The task in which the work ended counts as well.
  await new Promise((resolve) => setTimeout(resolve, 0));
  port1.close();
  return longest;
}
