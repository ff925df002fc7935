import { indexedDb } from '../../../src/storage/indexedDb.ts';

/** A page that reads and writes the kit's database without a pause, as one tab of several. */
const connection = indexedDb().open('busy');

async function write(): Promise<string> {
  const { commit, position } = await connection;
  // Under a fence and a head: the transaction reads before it writes, and waits for the page meanwhile.
  const committed = await commit({ expect: await position(), append: ['row'] });
  return committed.ok ? 'written' : 'moved';
}

/** Goes on for ever, several at a time; what fails is counted. */
function beBusy(): void {
  const loop = async () => {
    for (;;) {
      await write().then(
        () => busyStorage.done++,
        () => busyStorage.failed++,
      );
    }
  };
  for (let n = 0; n < 3; n++) void loop();
}

export interface BusyStorage {
  readonly write: typeof write;
  readonly beBusy: typeof beBusy;
  done: number;
  failed: number;
}

declare global {
  var busyStorage: BusyStorage;
}

globalThis.busyStorage = { write, beBusy, done: 0, failed: 0 };
