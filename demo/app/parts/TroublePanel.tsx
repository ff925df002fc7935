import { useDemo } from '../demoContext.ts';
import { useAttempt } from '../noticeContext.ts';
import type { Server } from '../useServer.ts';
import { counted } from '../words/texts.ts';

const delays = [
  { delayMs: 0, label: 'none' },
  { delayMs: 1_000, label: '1 s' },
  { delayMs: 5_000, label: '5 s' },
];
const refusal = { match: 'no', status: 422, reason: 'This server does not take a “no” in titles.' };
const manyTodos = 1_000;

/** What can go wrong between a client and a server, at the turn of a knob. */
export function TroublePanel({ server }: { readonly server: Server }) {
  const { sync } = useDemo();
  const attempt = useAttempt();
  const knobs = server.state?.trouble;
  const turn = (change: Parameters<Server['turn']>[0]) => attempt(() => server.turn(change));
  const addMany = () => {
    const made = Array.from({ length: manyTodos }, (_, i) => {
      return { title: `Todo ${i + 1} of many`, done: false, counter: 0 };
    });
    sync.models.todo.createMany(made);
  };
  return (
    <section className="panel" aria-labelledby="trouble-title">
      <div className="panel-head">
        <h2 id="trouble-title">Trouble</h2>
      </div>
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
        <button type="button" className="button" onClick={() => attempt(addMany)}>
          Add 1,000 todos
        </button>
      </div>
      <p className="quiet hint" data-testid="trouble-armed">
        {knobs && knobs.dropAnswers !== 0 && 'The next answer will be lost. '}
        {knobs?.failWith && `${counted(knobs.failWith.count, 'more 500')} to come.`}
      </p>
    </section>
  );
}
