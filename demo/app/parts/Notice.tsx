import { useEffect, useState } from 'react';
import { useDemo } from '../demoContext.ts';
import type { Tell } from '../noticeContext.ts';

/** What nobody asked for and people should still hear: merges, losses, trouble with the storage. */
export function useNotice(): [string, Tell] {
  const { sync } = useDemo();
  const [text, setText] = useState('');
  useEffect(() => {
    const { events } = sync;
    const stops = [
      events.on('conflictMerged', ({ overwritten }) => {
        const fields = overwritten.map(({ field }) => field).join(', ');
        const ours = fields === '' ? '' : ` Both changed ${fields}: yours stays.`;
        setText(`Somebody else changed the record too; both edits were merged.${ours}`);
      }),
      events.on('notSaved', ({ code }) => {
        setText(`A change could not be stored on this device (${code}) and was taken back.`);
      }),
      events.on('storageTrouble', ({ message }) => setText(`Storage trouble: ${message}`)),
      events.on('storageRecovered', () => setText('The storage answers again.')),
      events.on('dataLoss', () => setText('The browser dropped what this device had stored.')),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [sync]);
  return [text, setText];
}

interface NoticeProps {
  readonly text: string;
  readonly onDismiss: () => void;
}

export function Notice({ text, onDismiss }: NoticeProps) {
  return (
    <div className="notice-place" role="status" data-testid="notice">
      {text !== '' && (
        <div className="notice">
          <span>{text}</span>
          <button type="button" className="button" onClick={onDismiss}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  );
}
