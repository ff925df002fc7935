import { type FormEvent, useState } from 'react';
import type { Operation } from 'syncharts';
import { useDemo } from '../demoContext.ts';
import { focusNeighbour } from '../focusNeighbour.ts';
import { useAttempt } from '../noticeContext.ts';

interface DeadLetterActionsProps {
  readonly operation: Operation;
  readonly name: string;
}

/** The three ways out of a refusal: the same again, another title, or not at all. */
export function DeadLetterActions({ operation, name }: DeadLetterActionsProps) {
  const { sync } = useDemo();
  const attempt = useAttempt();
  /** Undefined: the field was never open. Null: it was closed again. */
  const [draft, setDraft] = useState<string | null | undefined>();
  const { id } = operation;
  const title = draft?.trim() ?? '';

  /** Each of the three takes this row away. */
  const decide = (pressed: Element, act: () => Promise<unknown>) => {
    focusNeighbour(pressed);
    attempt(act);
  };
  const edit = (event: FormEvent) => {
    event.preventDefault();
    if (title !== '') decide(event.currentTarget, () => sync.outbox.edit(id, { title }));
  };

  if (typeof draft === 'string') {
    return (
      <form className="add" onSubmit={edit}>
        <input
          className="field"
          aria-label={`New title for ${name}`}
          // biome-ignore lint/a11y/noAutofocus: the person has just asked for this field
          autoFocus
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
    );
  }
  return (
    <fieldset className="actions" aria-label={`Refused: ${name}`}>
      <button
        type="button"
        className="button"
        onClick={({ currentTarget }) => decide(currentTarget, () => sync.outbox.retry(id))}
      >
        Retry
      </button>
      <button
        type="button"
        className="button"
        // biome-ignore lint/a11y/noAutofocus: the field that had the focus was closed
        autoFocus={draft === null}
        onClick={() => setDraft(name)}
      >
        Edit
      </button>
      <button
        type="button"
        className="button danger"
        onClick={({ currentTarget }) => decide(currentTarget, () => sync.outbox.discard(id))}
      >
        Discard
      </button>
    </fieldset>
  );
}
