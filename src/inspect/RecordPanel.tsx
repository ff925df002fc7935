import { recordMachine } from '../../machines/record.ts';
import { type LaneRef, laneKey } from '../../store/facts.ts';
import { operationsIn } from '../../store/operationsIn.ts';
import { getIn } from '../../store/pages.ts';
import { keyOf } from '../../store/selectors/records.ts';
import type { SyncState } from '../../store/slice.ts';
import type { Move, Mover, Wait } from '../../store/wait.ts';
import { wordsOf } from '../../store/waitWords.ts';
import type { AnySync } from '../react/types.ts';
import { FieldTable } from './FieldTable.tsx';
import { MachineChart } from './MachineChart.tsx';
import { OperationTable } from './OperationTable.tsx';
import { StateChip } from './StateChip.tsx';
import { useNow } from './useNow.ts';
import { countdown } from './words.ts';

/** Operations of one record that are listed. */
const operationLimit = 20;

const moverWords: Readonly<Record<Mover, string>> = {
  person: 'a person',
  network: 'the network',
  server: 'the server',
  time: 'time',
  disk: 'the disk',
  tab: 'another tab',
  kit: 'the engine, in its turn',
  build: 'another build of the app',
};

function untilOf(waits: readonly Wait[]): number | null {
  for (const wait of waits) {
    if ((wait.kind === 'retryAt' || wait.kind === 'line') && wait.until !== null) return wait.until;
  }
  return null;
}

function Ending({ move: { event, machine } }: { readonly move: Move }) {
  if (event === 'roomMade') return 'somebody makes room on it';
  if (machine === 'app') return 'one that can read and send it';
  if (event === 'elapsed') return `the wait of the ${machine} runs out`;
  return (
    <>
      <code>{event}</code> of the {machine}
    </>
  );
}

export interface RecordPanelProps {
  readonly sync: AnySync;
  readonly root: object;
  readonly state: SyncState;
  readonly record: LaneRef;
}

/** One record: where it is, why, what is queued, what the server has and what is shown. */
export function RecordPanel({ sync, root, state, record }: RecordPanelProps) {
  const { model } = record;
  const recordId = keyOf(state, model, record.recordId);
  const api = sync.models[model];
  const key = laneKey(model, recordId);
  const lane = getIn(state.shown.lanes, key);
  const records = state.shown.models[model]?.records;
  const entry = records && getIn(records, recordId);
  const explanation = api?.selectExplanation(root, recordId);
  const until = untilOf(explanation?.waitsFor ?? []);
  const now = useNow(until !== null);
  if (!explanation) return <p className="sxi-quiet">There is no model {model}.</p>;
  const { state: word, sentence, movedBy, waitsFor } = explanation;
  return (
    <article aria-label={`${model} ${recordId}`}>
      <header className="sxi-title">
        <h3>
          {model} <span className="sxi-id">{recordId}</span>
        </h3>
        <StateChip state={word} />
        {until !== null && (
          <output className="sxi-countdown" aria-label="Next attempt">
            {countdown(until, now)}
          </output>
        )}
      </header>
      <p className="sxi-sentence" aria-live="polite">
        {sentence}
      </p>
      {movedBy && (
        <p className="sxi-quiet">
          Ended by {moverWords[movedBy.by]}: <Ending move={movedBy} />.{' '}
          {waitsFor.length > 1 && `Then: ${waitsFor.slice(1).map(wordsOf).join(' ')}`}
        </p>
      )}
      <MachineChart name="Record" machine={recordMachine} current={[word]} />
      <OperationTable lane={lane} operations={operationsIn(state.shown, key, operationLimit)} />
      <FieldTable base={entry?.base ?? null} shown={entry?.shown ?? null} />
    </article>
  );
}
