import type { KeyboardEvent } from 'react';
import { useMemo } from 'react';
import type { LaneRef } from '../../store/facts.ts';
import { selectRecordStatus } from '../../store/selectors/recordStatus.ts';
import type { SyncState } from '../../store/slice.ts';
import { findRecords, listLimit } from './records.ts';
import { StateChip } from './StateChip.tsx';

export interface RecordListProps {
  readonly state: SyncState;
  readonly search: string;
  readonly onSearch: (search: string) => void;
  readonly picked: LaneRef | null;
  readonly onPick: (record: LaneRef) => void;
}

/** Up and down move between the buttons of a list, Home and End to its ends. */
function moveFocus(event: KeyboardEvent<HTMLUListElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll('button')];
  const at = buttons.indexOf(event.target as HTMLButtonElement);
  const next = {
    ArrowDown: buttons[at + 1],
    ArrowUp: buttons[at - 1],
    Home: buttons[0],
    End: buttons.at(-1),
  }[event.key];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** Any record: those that need somebody first, then all that wait, then the rest. */
export function RecordList({ state, search, onSearch, picked, onPick }: RecordListProps) {
  const { records, dirty } = useMemo(() => findRecords(state, search), [state, search]);
  return (
    <nav className="sxi-list" aria-label="Records">
      <label>
        <span className="sxi-label">Find a record</span>
        <input
          type="search"
          value={search}
          placeholder="model or id"
          onChange={(event) => onSearch(event.currentTarget.value)}
        />
      </label>
      <p className="sxi-quiet">
        {dirty === 1 ? '1 record waits' : `${dirty.toLocaleString('en')} records wait`}
      </p>
      <ul onKeyDown={moveFocus}>
        {records.map((record) => {
          const { model, recordId } = record;
          const isPicked = picked?.model === model && picked.recordId === recordId;
          return (
            <li key={`${model} ${recordId}`}>
              <button type="button" aria-pressed={isPicked} onClick={() => onPick(record)}>
                <span className="sxi-id">
                  {model} {recordId}
                </span>
                <StateChip state={selectRecordStatus(state, model, recordId).status} />
              </button>
            </li>
          );
        })}
      </ul>
      {records.length === 0 && <p className="sxi-quiet">No record is called that.</p>}
      {records.length === listLimit && (
        <p className="sxi-quiet">The first {listLimit} are listed; search for others.</p>
      )}
    </nav>
  );
}
