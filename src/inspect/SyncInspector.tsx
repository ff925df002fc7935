import { useState } from 'react';
import type { LaneRef } from '../../store/facts.ts';
import { selectSyncStatus } from '../../store/selectors/syncStatus.ts';
import { stateIn } from '../modelApi.ts';
import type { AnySync } from '../react/types.ts';
import { ConnectionPanel, EnginePanel, LinePanel } from './EnginePanels.tsx';
import { RecordList } from './RecordList.tsx';
import { RecordPanel } from './RecordPanel.tsx';
import { findRecords } from './records.ts';
import { styles } from './styles.ts';
import { Tabs } from './Tabs.tsx';
import { Timeline } from './Timeline.tsx';
import { useSampledState } from './useSampledState.ts';
import { useTimeline } from './useTimeline.ts';

const tabs = ['Record', 'Timeline', 'Connection', 'Line', 'Engine'] as const;
type Tab = (typeof tabs)[number];

export interface SyncInspectorProps {
  readonly sync: AnySync;
  /** Default `system`: what the reader's system asks for. */
  readonly theme?: 'system' | 'light' | 'dark';
}

/**
 * Everything that a sync is doing, live: the charts of a record, the connection, the lines and the
 * engine, drawn from the machines themselves with the current state lit; any record with why it
 * waits, its operations, what the server has and what is shown; a timeline of rows and requests.
 * Belongs below react-redux's `<Provider>` of the store that the sync is in. Load it lazily: it shows
 * people's data, and is for development.
 *
 * @example
 * const SyncInspector = lazy(() =>
 *   import('syncharts/inspect').then((entry) => ({ default: entry.SyncInspector })),
 * );
 */
export function SyncInspector({ sync, theme = 'system' }: SyncInspectorProps) {
  const root = useSampledState();
  const state = stateIn(sync.reducerPath)(root);
  const entries = useTimeline(sync);
  const [tab, setTab] = useState<Tab>('Record');
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<LaneRef | null>(null);
  const picked = chosen ?? findRecords(state, '').records[0] ?? null;
  const status = selectSyncStatus(state);
  const pick = (record: LaneRef) => {
    setChosen(record);
    setTab('Record');
  };
  return (
    <section className="sxi" data-theme={theme} aria-label="Sync inspector">
      <style href="syncharts-inspect" precedence="default">
        {styles}
      </style>
      <RecordList {...{ state, search, picked }} onSearch={setSearch} onPick={pick} />
      <div className="sxi-main">
        <p className="sxi-status">
          <b>{status.phase}</b>
          {status.reason && ` (${status.reason})`} · {status.role} ·{' '}
          {status.online ? 'online' : 'not online'} · {status.pending} pending, {status.syncing}{' '}
          under way, {status.conflicted} in conflict, {status.failed} failed
        </p>
        <Tabs label="What is shown" tabs={tabs} picked={tab} onPick={setTab}>
          {tab === 'Record' &&
            (picked ? (
              <RecordPanel {...{ sync, root, state }} record={picked} />
            ) : (
              <p className="sxi-quiet">There is no record yet.</p>
            ))}
          {tab === 'Timeline' && <Timeline entries={entries} onPick={pick} />}
          {tab === 'Connection' && <ConnectionPanel state={state} />}
          {tab === 'Line' && <LinePanel state={state} />}
          {tab === 'Engine' && <EnginePanel state={state} />}
        </Tabs>
      </div>
    </section>
  );
}
