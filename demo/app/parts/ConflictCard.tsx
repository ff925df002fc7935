import { memo } from 'react';
import type { JsonObject, ParkedConflict } from 'syncharts';
import { focusNeighbour } from '../focusNeighbour.ts';
import { useSync } from '../hooks.ts';
import { useAttempt } from '../noticeContext.ts';
import { shortId } from '../words/texts.ts';

function sideOf(record: JsonObject | null): string {
  if (record === null) return 'deleted';
  const { title, done, counter } = record;
  return `${String(title)} · ${done === true ? 'done' : 'open'} · counter ${String(counter ?? 0)}`;
}

/** Two people, one record, and no rule that could decide: the person does. */
export const ConflictCard = memo(function ConflictCard(props: {
  readonly conflict: ParkedConflict;
}) {
  const { conflicts } = useSync();
  const attempt = useAttempt();
  const { model, recordId, base, local: shown, remote, operations } = props.conflict;
  const isDeletedHere = operations.at(-1)?.kind === 'delete';
  // What a delete waits for is still in the store; here it counts as gone.
  const local = isDeletedHere ? null : shown;
  const name = String((local ?? remote ?? base)?.title ?? shortId(recordId));
  const choose = (pressed: Element, choice: 'keepLocal' | 'keepRemote') => {
    focusNeighbour(pressed);
    attempt(() => conflicts.resolve(recordId, choice, model));
  };
  return (
    <li className="card" data-tone="conflicted" data-record={recordId}>
      <h4>Conflict: {name}</h4>
      <dl className="sides">
        <dt>Mine</dt>
        <dd>{sideOf(local)}</dd>
        <dt>Theirs</dt>
        <dd>{sideOf(remote)}</dd>
      </dl>
      <fieldset className="actions" aria-label={`Conflict: ${name}`}>
        <button
          type="button"
          className="button"
          onClick={({ currentTarget }) => choose(currentTarget, 'keepLocal')}
        >
          Keep mine
        </button>
        <button
          type="button"
          className="button"
          onClick={({ currentTarget }) => choose(currentTarget, 'keepRemote')}
        >
          Keep theirs
        </button>
      </fieldset>
    </li>
  );
});
