import { useRecordIds, useSync } from '../../demo/app/hooks.ts';
import { ConnectionPanel, LinePanel } from '../../src/inspect/EnginePanels.tsx';
import { RecordPanel } from '../../src/inspect/RecordPanel.tsx';
import { useSampledState } from '../../src/inspect/useSampledState.ts';
import { stateIn } from '../../src/modelApi.ts';
import { ChartFrame } from './ChartFrame.tsx';

/** The chart of the first record, as it stands, and all that explains it. */
export function RecordChart() {
  const sync = useSync();
  const root = useSampledState();
  const [id] = useRecordIds('todo', { orderBy: ['id'], limit: 1 });
  return (
    <ChartFrame title="The record’s chart">
      {id === undefined ? (
        <p className="sxi-quiet">There is no record yet.</p>
      ) : (
        <RecordPanel
          {...{ sync, root }}
          state={stateIn(sync.reducerPath)(root)}
          record={{ model: 'todo', recordId: id }}
        />
      )}
    </ChartFrame>
  );
}

export function ConnectionChart() {
  const sync = useSync();
  return (
    <ChartFrame title="The connection’s chart">
      <ConnectionPanel state={stateIn(sync.reducerPath)(useSampledState())} />
    </ChartFrame>
  );
}

export function LineChart() {
  const sync = useSync();
  return (
    <ChartFrame title="The line’s chart">
      <LinePanel state={stateIn(sync.reducerPath)(useSampledState())} />
    </ChartFrame>
  );
}
