import { useState } from 'react';
import { recordMachine } from '../../machines/record.ts';
import { MachineChart } from '../../src/inspect/MachineChart.tsx';
import { ChartFrame } from './ChartFrame.tsx';

const states = Object.values(recordMachine.states);

/** The record machine, with a state that the reader chooses. */
export function RecordLife() {
  const [current, setCurrent] = useState('pending');
  const description = states.find(({ key }) => key === current)?.description;
  return (
    <ChartFrame title="The life of a record">
      <fieldset className="state-choice">
        <legend>State</legend>
        {states.map(({ key }) => (
          <label key={key}>
            <input
              type="radio"
              name="state"
              checked={key === current}
              onChange={() => setCurrent(key)}
            />
            {key}
          </label>
        ))}
      </fieldset>
      <p className="sxi-sentence" aria-live="polite">
        {description}
      </p>
      <MachineChart name="Record" machine={recordMachine} current={[current]} />
    </ChartFrame>
  );
}
