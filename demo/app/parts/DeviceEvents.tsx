import { useContext, useEffect } from 'react';
import { useStore } from 'react-redux';
import { useSync } from '../hooks.ts';
import { NoticeContext } from '../noticeContext.ts';
import { mergeSentence } from '../words/mergeWords.ts';

/** What nobody asked for and people should still hear: merges, losses, trouble with the storage. */
export function DeviceEvents() {
  const sync = useSync();
  const store = useStore<object>();
  const tell = useContext(NoticeContext);
  useEffect(() => {
    const { events, models } = sync;
    const titleOf = (id: string) => models.todo.selectById(store.getState(), id)?.title ?? '';
    const stops = [
      events.on('conflictMerged', ({ recordId, overwritten }) => {
        const weight = overwritten.length === 0 ? 'minor' : undefined;
        tell(mergeSentence(titleOf(recordId), overwritten), weight);
      }),
      events.on('notSaved', ({ code }) => {
        tell(`A change could not be stored on this device (${code}) and was taken back.`);
      }),
      events.on('storageTrouble', ({ message }) => tell(`Storage trouble: ${message}`)),
      events.on('storageRecovered', () => tell('The storage answers again.')),
      events.on('dataLoss', () => tell('The browser dropped what this device had stored.')),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [sync, store, tell]);
  return null;
}
