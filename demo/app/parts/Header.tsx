/** The name, and what there is to see. */
export function Header() {
  return (
    <header className="header">
      <h1>Syncharts</h1>
      <p className="quiet">
        Two devices and a server. Cut both networks, change the same title on each, and turn them on
        again.
      </p>
    </header>
  );
}
