import { type ReactNode, useCallback, useState } from 'react';
import { NoticeContext, type Tell } from '../noticeContext.ts';
import { CloseIcon } from './CloseIcon.tsx';

/** Shows the one sentence that something inside has to say, until it is dismissed. */
export function Noticed({ children }: { readonly children: ReactNode }) {
  const [text, setText] = useState('');
  const tell = useCallback<Tell>((message, weight) => {
    setText((shown) => (weight === 'minor' && shown !== '' ? shown : message));
  }, []);
  return (
    <NoticeContext value={tell}>
      <div role="alert" className="notice-place">
        {text !== '' && (
          <div className="notice">
            <span>{text}</span>
            <button
              type="button"
              className="button small icon"
              aria-label="Dismiss"
              onClick={() => setText('')}
            >
              <CloseIcon />
            </button>
          </div>
        )}
      </div>
      {children}
    </NoticeContext>
  );
}
