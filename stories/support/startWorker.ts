import { setupWorker } from 'msw/browser';

/** The service worker that stands between the page and the network; one for all stories of a page. */
export async function startWorker() {
  const worker = setupWorker();
  await worker.start({ quiet: true, onUnhandledFrame: 'bypass' });
  return worker;
}
