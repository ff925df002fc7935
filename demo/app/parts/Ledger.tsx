import { memo } from 'react';
import type { Effect } from '../control.ts';
import { shortId, shortKey } from '../words/texts.ts';

function verdict(effects: readonly Effect[]): string {
  const keys = new Set(effects.map(({ key, n }) => key ?? n));
  const twice = effects.length - keys.size;
  return twice === 0 ? 'each key once' : `${twice} keys more than once`;
}

/** The last changes that took effect: a resend whose first answer was lost must not be among them. */
export const Ledger = memo(function Ledger({ effects }: { readonly effects: readonly Effect[] }) {
  return (
    <>
      <div className="panel-head">
        <h3>Ledger of effects</h3>
        <span className="quiet">
          {effects.length === 0 ? 'none' : `the last ${effects.length}, ${verdict(effects)}`}
        </span>
      </div>
      {effects.length > 0 && (
        <table className="facts-table ledger" aria-label="Ledger of effects">
          <thead>
            <tr>
              <th scope="col">n</th>
              <th scope="col">Method</th>
              <th scope="col">Key</th>
              <th scope="col">Record</th>
            </tr>
          </thead>
          <tbody>
            {effects.toReversed().map(({ n, method, key, recordId }) => (
              <tr key={n}>
                <td>{n}</td>
                <td>{method}</td>
                <td title={key ?? ''}>{key === null ? 'none' : shortKey(key)}</td>
                <td title={recordId}>{shortId(recordId)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
});
