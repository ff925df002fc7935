import type { Knobs } from '../control.ts';
import { useAttempt } from '../noticeContext.ts';
import { useServerView } from '../serverContext.ts';

const delays = [
  { delayMs: 0, label: 'none' },
  { delayMs: 1_000, label: '1 s' },
  { delayMs: 5_000, label: '5 s' },
];
const refusal = { match: 'no', status: 422, reason: 'This server does not take a “no” in titles.' };

/** Delay, refuse, lose an answer, fail: for both devices alike. */
export function TroubleKnobs() {
  const attempt = useAttempt();
  const server = useServerView();
  const knobs = server.state?.trouble;
  const turn = (change: Partial<Knobs>) => attempt(() => server.turn(change));
  return (
    <>
      <fieldset className="choice">
        <legend>Delay of every request</legend>
        {delays.map(({ delayMs, label }) => (
          <label key={delayMs}>
            <input
              type="radio"
              name="delay"
              checked={knobs?.delayMs === delayMs}
              onChange={() => turn({ delayMs })}
            />
            {label}
          </label>
        ))}
      </fieldset>
      <label className="choice">
        <input
          type="checkbox"
          checked={knobs?.refuse != null}
          onChange={(event) => turn({ refuse: event.target.checked ? refusal : null })}
        />
        Refuse titles with “no” in them
      </label>
      <div className="actions">
        <button type="button" className="button" onClick={() => turn({ dropAnswers: 1 })}>
          Drop the next answer
        </button>
        <button
          type="button"
          className="button"
          onClick={() => turn({ failWith: { status: 500, count: 3 } })}
        >
          500 for the next 3
        </button>
      </div>
    </>
  );
}
