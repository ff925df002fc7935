import { useInitialSyncProgress } from '../hooks.ts';
import { counted } from '../words/texts.ts';

/** How far this device is with what the server already has; nothing once it has all. */
export function FirstPull() {
  const { state, received, total } = useInitialSyncProgress('todo');
  if (state === 'done' || received === 0) return null;
  const all = total ?? undefined;
  return (
    <p className="quiet first-pull">
      <progress aria-label="First pull" value={all && received} max={all} />
      {counted(received, 'record')} received{total !== null && ` of ${total.toLocaleString('en')}`}
    </p>
  );
}
