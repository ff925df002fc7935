import { PolicyChoice } from './PolicyChoice.tsx';

/** The name, what there is to see, and the policy that decides it. */
export function Header() {
  return (
    <header className="header">
      <div>
        <h1>Syncharts</h1>
        <p className="quiet">
          Two devices and a server. Cut both networks, change the same title on each, and turn them
          on again.
        </p>
      </div>
      <PolicyChoice />
    </header>
  );
}
