import { connectionMachine } from '../../machines/connection.ts';
import { engineMachine } from '../../machines/engine.ts';
import { lineMachine } from '../../machines/line.ts';
import type { SyncState } from '../../store/slice.ts';
import { MachineChart } from './MachineChart.tsx';
import { useNow } from './useNow.ts';
import { countdown } from './words.ts';

interface PanelProps {
  readonly state: SyncState;
}

export function ConnectionPanel({ state: { ephemeral } }: PanelProps) {
  return (
    <MachineChart name="Connection" machine={connectionMachine} current={[ephemeral.connection]} />
  );
}

export function EnginePanel({ state: { ephemeral } }: PanelProps) {
  const { role, run } = ephemeral;
  const isPast = run === 'timeTravelling';
  const current = [role, isPast ? '' : run, isPast ? 'past' : 'present'];
  return <MachineChart name="Engine" machine={engineMachine} current={current} />;
}

/** Lines that are not simply open; one that is, if there are none. */
export function LinePanel({ state: { ephemeral } }: PanelProps) {
  const lines = Object.entries(ephemeral.lines);
  const isCounting = lines.some(([, { until }]) => until !== null);
  const now = useNow(isCounting);
  if (lines.length === 0) {
    return (
      <>
        <p className="sxi-sentence">Every line is open.</p>
        <MachineChart name="Line" machine={lineMachine} current={['open']} />
      </>
    );
  }
  return lines.map(([origin, { state, until, failure }]) => (
    <section key={origin}>
      <h4>{origin || 'the server'}</h4>
      <p className="sxi-sentence">
        {state}
        {failure && `: ${failure.message}`}
        {until !== null && `, ${countdown(until, now)}`}
      </p>
      <MachineChart name={`Line ${origin}`} machine={lineMachine} current={[state]} />
    </section>
  ));
}
