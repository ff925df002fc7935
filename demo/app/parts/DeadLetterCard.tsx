import { type FormEvent, memo, useState } from 'react';
import type { DeadLetter } from 'syncharts/react';
import { focusNeighbour } from '../focusNeighbour.ts';
import { focusOnMount } from '../focusOnMount.ts';
import { useRecord, useSync } from '../hooks.ts';
import { useAttempt } from '../noticeContext.ts';
import { changedFields, nameOf } from '../words/operationWords.ts';
import { shortId } from '../words/texts.ts';

/** A refusal, and the three ways out: the same again, another title, or not at all. */
export const DeadLetterCard = memo(function DeadLetterCard(props: { readonly letter: DeadLetter }) {
  const { operationId, recordId, operations, failure } = props.letter;
  const { outbox } = useSync();
  const attempt = useAttempt();
  /** Undefined: the field was never open. Null: it was closed again. */
  const [draft, setDraft] = useState<string | null | undefined>();
  const title = useRecord('todo', recordId)?.title;
  const [first] = operations;
  const name = first ? nameOf(first, title) : shortId(recordId);

  /** Each of the three takes this card away. */
  const decide = (pressed: Element, act: () => Promise<unknown>) => {
    focusNeighbour(pressed);
    attempt(act);
  };
  const edit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = draft?.trim() ?? '';
    if (wanted === '') return;
    decide(event.currentTarget, () => outbox.edit(operationId, { title: wanted }));
  };

  return (
    <li className="card" data-tone="failed" data-record={recordId}>
      <h4>Refused: {name}</h4>
      <p>{failure.message}</p>
      {operations.map((operation) => (
        <p key={operation.id} className="quiet fields">
          <span className="kind">{operation.kind}</span> {changedFields(operation)}
        </p>
      ))}
      {typeof draft === 'string' ? (
        <form className="add" onSubmit={edit}>
          <input
            className="field"
            aria-label={`New title for ${name}`}
            ref={focusOnMount}
            maxLength={500}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && setDraft(null)}
          />
          <button type="submit" className="button primary">
            Send
          </button>
          <button type="button" className="button" onClick={() => setDraft(null)}>
            Back
          </button>
        </form>
      ) : (
        <fieldset className="actions" aria-label={`Refused: ${name}`}>
          <button
            type="button"
            className="button"
            onClick={({ currentTarget }) => decide(currentTarget, () => outbox.retry(operationId))}
          >
            Retry
          </button>
          <button
            type="button"
            className="button"
            ref={draft === null ? focusOnMount : null}
            onClick={() => setDraft(name)}
          >
            Edit
          </button>
          <button
            type="button"
            className="button danger"
            onClick={({ currentTarget }) =>
              decide(currentTarget, () => outbox.discard(operationId))
            }
          >
            Discard
          </button>
        </fieldset>
      )}
    </li>
  );
});
