import { useId } from 'react';
import type { AnyStateMachine } from 'xstate';
import { type Chart, chartsOf, type DrawnArrow, type DrawnState, pathOf } from './chart.ts';

export interface MachineChartProps {
  readonly name: string;
  readonly machine: AnyStateMachine;
  /** The keys of the states that it is in: one, or one for each region. */
  readonly current: readonly string[];
}

/** Narrower than this (px) a chart is scrolled instead of made smaller. */
const readable = 520;
/** What scrolls must be reachable by keyboard (WCAG 2.1.1), though it has nothing to press in it. */
const reachable = { tabIndex: 0 };

function StateBox({ state, isCurrent }: { state: DrawnState; isCurrent: boolean }) {
  const { box, x, y, width, height } = state;
  const kind = box.tags.includes('attention') ? 'attention' : box.isFinal ? 'final' : 'plain';
  return (
    <g data-state={box.title} data-current={isCurrent} className={`sxi-state sxi-${kind}`}>
      <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx={8} />
      {box.isFirst && <circle cx={x - width / 2 + 11} cy={y} r={3.5} />}
      <text x={x} y={y + 4.5} textAnchor="middle">
        {box.title}
      </text>
    </g>
  );
}

function Arrow({ arrow, head, isOpen }: { arrow: DrawnArrow; head: string; isOpen: boolean }) {
  const top = arrow.label.y - ((arrow.events.length - 1) * 14) / 2 + 4;
  return (
    <g className="sxi-arrow" data-open={isOpen}>
      <path d={pathOf(arrow.points)} markerEnd={`url(#${head})`} />
      {arrow.events.map((event, i) => (
        <text key={event} x={arrow.label.x} y={top + i * 14} textAnchor="middle">
          {event}
        </text>
      ))}
    </g>
  );
}

function Region({ chart, name, current }: { chart: Chart; name: string; current: string }) {
  const head = useId();
  const { width, height, states, arrows } = chart;
  const lit = states.find(({ box }) => box.title === current);
  return (
    <svg
      className="sxi-chart"
      role="img"
      aria-label={`${name}: ${current}`}
      viewBox={`0 0 ${Math.ceil(width)} ${Math.ceil(height)}`}
      width={Math.ceil(width)}
      style={{ minWidth: Math.min(width, readable) }}
    >
      <defs>
        <marker
          id={head}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          orient="auto"
        >
          <path className="sxi-head" d="M0,0 L8,4 L0,8 z" />
        </marker>
      </defs>
      {arrows.map((arrow) => (
        <Arrow
          key={arrow.key}
          arrow={arrow}
          head={head}
          isOpen={lit !== undefined && arrow.key.startsWith(`${lit.box.id}>`)}
        />
      ))}
      {states.map((state) => (
        <StateBox key={state.box.id} state={state} isCurrent={state.box.title === current} />
      ))}
    </svg>
  );
}

/** A machine drawn from itself, the state that it is in lit, with what leads on from there. */
export function MachineChart({ name, machine, current }: MachineChartProps) {
  const charts = chartsOf(machine);
  const notes = charts.flatMap(({ states }) =>
    states.filter(({ box }) => box.notes.length > 0).map(({ box }) => box),
  );
  return (
    <div className="sxi-charts">
      {charts.map((chart, i) => (
        <section
          key={chart.title}
          className="sxi-region"
          aria-label={`${name} chart ${chart.title}`.trim()}
          {...reachable}
        >
          {chart.title !== '' && <p className="sxi-quiet">{chart.title}</p>}
          <Region
            chart={chart}
            name={chart.title === '' ? name : `${name}, ${chart.title}`}
            current={current[i] ?? ''}
          />
        </section>
      ))}
      {notes.length > 0 && (
        <ul className="sxi-notes">
          {notes.map((box) => (
            <li key={box.id}>
              <b>{box.title}</b> {box.notes.join(' ')}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
