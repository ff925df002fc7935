import { useDemo } from '../demoContext.ts';
import { useAttempt } from '../noticeContext.ts';
import type { Server } from '../useServer.ts';

/** The name, what it is, and the switch that cuts the line between this page and the API. */
export function Header({ server }: { readonly server: Server }) {
  const { sync } = useDemo();
  const attempt = useAttempt();
  const knobs = server.state?.trouble;
  const isOn = knobs ? !knobs.cut : undefined;

  const flip = async () => {
    await server.turn({ cut: isOn === true });
    // A browser is told when its network goes or comes; this line is cut elsewhere, so we say it.
    if (isOn) await sync.syncAll();
    else await sync.resume();
  };

  return (
    <header className="header">
      <div>
        <h1>Syncharts</h1>
        <p className="quiet">A todo list that goes on working without a network.</p>
      </div>
      <button
        type="button"
        role="switch"
        className="switch"
        aria-checked={isOn ?? false}
        disabled={isOn === undefined}
        onClick={() => attempt(flip)}
        data-testid="network"
      >
        <span className="switch-track" aria-hidden="true" />
        Network
        <span className="switch-state" aria-hidden="true">
          {isOn === undefined ? '…' : isOn ? 'on' : 'cut'}
        </span>
      </button>
    </header>
  );
}
