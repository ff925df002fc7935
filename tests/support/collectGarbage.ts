import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Collects what nothing refers to any more: what a `WeakRef` still gives afterwards is held. */
export async function collectGarbage(): Promise<void> {
  // A `WeakRef` that was read holds its target until the task ends.
  for (let n = 0; n < 2; n++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    gc();
  }
}
