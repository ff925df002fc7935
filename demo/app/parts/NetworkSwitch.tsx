import type { DeviceName } from '../createDevice.ts';
import { useSync } from '../hooks.ts';
import { useAttempt } from '../noticeContext.ts';
import { useServerView } from '../serverContext.ts';

/** Cuts the line between one device and the API; the page itself still sees the server. */
export function NetworkSwitch({ device }: { readonly device: DeviceName }) {
  const sync = useSync();
  const attempt = useAttempt();
  const { state, turnLine } = useServerView();
  const isCut = state?.lines[device];
  const isOn = isCut === undefined ? undefined : !isCut;

  const flip = async () => {
    await turnLine(device, isOn === true);
    // A browser is told when its network goes or comes; this line is cut elsewhere, so we say it.
    if (!isOn) await sync.resume();
    await sync.syncAll();
  };

  return (
    <button
      type="button"
      role="switch"
      className="switch"
      aria-checked={isOn ?? false}
      disabled={isOn === undefined}
      onClick={() => attempt(flip)}
    >
      Network
      <span className="switch-track" aria-hidden="true" />
      <span className="switch-state" aria-hidden="true">
        {isOn === undefined ? '…' : isOn ? 'on' : 'off'}
      </span>
    </button>
  );
}
