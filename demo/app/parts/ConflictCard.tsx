import type { JsonObject, ParkedConflict } from 'syncharts';
import { useDemo } from '../demoContext.ts';
import { focusNeighbour } from '../focusNeighbour.ts';
import { useAttempt } from '../noticeContext.ts';
import { shortId } from '../words/texts.ts';

function sideOf(record: JsonObject | null): string {
  if (record === null) return 'deleted';
  const { title, done, counter } = record;
  return `${String(title)} · ${done === true ? 'done' : 'open'} · counter ${String(counter ?? 0)}`;
}

/** Two people, one record, and no rule that could decide: the person does. */
export function ConflictCard({ conflict }: { readonly conflict: ParkedConflict }) {
  const { sync } = useDemo();
  const attempt = useAttempt();
  const { model, recordId, base, remote, operations } = conflict;
  const isDeletedHere = operations.at(-1)?.kind === 'delete';
  // What a delete waits for is still in the store; here it counts as gone.
  const local = isDeletedHere ? null : conflict.local;
  const name = String((local ?? remote ?? base)?.title ?? shortId(recordId));
  const choose = (pressed: Element, choice: 'keepLocal' | 'keepRemote') => {
    focusNeighbour(pressed);
    attempt(() => sync.conflicts.resolve(recordId, choice, model));
  };
  return (
    <li className="row conflict" data-testid="conflict" data-record={recordId}>
      <h3>Conflict: {name}</h3>
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
}
