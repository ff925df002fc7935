import type { RecordState } from '../../machines/record.ts';

/** A record's state as a word with a colour of its own. */
export function StateChip({ state }: { readonly state: RecordState }) {
  return (
    <span className="sxi-chip" data-state={state}>
      {state}
    </span>
  );
}
