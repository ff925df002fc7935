const dark = `
  --sxi-ground: #0d1117; --sxi-raised: #161b22; --sxi-edge: #3d444d; --sxi-ink: #e6edf3;
  --sxi-quiet: #9da7b3; --sxi-accent: #79c0ff; --sxi-lit: #12355e; --sxi-bad: #ff9a8b;
  --sxi-badlit: #4a1d18; --sxi-good: #7ee787; --sxi-line: #8b949e; --sxi-changed: #2e2a10;
  color-scheme: dark;`;

const light = `
  --sxi-ground: #ffffff; --sxi-raised: #f6f8fa; --sxi-edge: #d0d7de; --sxi-ink: #1f2328;
  --sxi-quiet: #57606a; --sxi-accent: #0550ae; --sxi-lit: #d6e8ff; --sxi-bad: #a40e26;
  --sxi-badlit: #ffe2de; --sxi-good: #116329; --sxi-line: #6e7781; --sxi-changed: #fff8d6;
  color-scheme: light;`;

/** The panel's own, under class names that no app has. */
export const styles = `
.sxi {${light}
  display: grid; grid-template-columns: minmax(200px, 280px) minmax(0, 1fr); gap: 0;
  background: var(--sxi-ground); color: var(--sxi-ink); border: 1px solid var(--sxi-edge);
  border-radius: 10px; font: 14px/1.45 system-ui, sans-serif; min-height: 320px;
  text-align: left; overflow: hidden;
}
.sxi[data-theme="dark"] {${dark}}
@media (prefers-color-scheme: dark) { .sxi[data-theme="system"] {${dark}} }
.sxi * { box-sizing: border-box; }
.sxi h3, .sxi h4, .sxi p, .sxi ul, .sxi ol { margin: 0; padding: 0; }
.sxi h3 { font-size: 15px; } .sxi h4 { font-size: 13px; margin: 16px 0 6px; }
.sxi ul, .sxi ol { list-style: none; }
.sxi button, .sxi input { font: inherit; color: inherit; }
.sxi :focus-visible { outline: 2px solid var(--sxi-accent); outline-offset: 1px; }
.sxi code, .sxi-id { font: 12px ui-monospace, monospace; overflow-wrap: anywhere; }
.sxi-quiet, .sxi-label { color: var(--sxi-quiet); font-size: 12px; }
.sxi-list { border-right: 1px solid var(--sxi-edge); background: var(--sxi-raised); padding: 12px;
  display: flex; flex-direction: column; gap: 8px; max-height: 80vh; min-height: 0; }
.sxi-list input { width: 100%; padding: 6px 8px; border: 1px solid var(--sxi-line);
  border-radius: 6px; background: var(--sxi-ground); }
.sxi-list ul { overflow: auto; display: flex; flex-direction: column; gap: 2px; margin: 0 -6px; padding: 2px; }
.sxi-list li button { width: 100%; display: flex; justify-content: space-between; gap: 8px;
  align-items: center; border: 0; background: none; padding: 5px 6px; border-radius: 6px;
  text-align: left; cursor: pointer; }
.sxi-list li button:hover { background: var(--sxi-ground); }
.sxi-list li button[aria-pressed="true"] { background: var(--sxi-lit); }
.sxi-main { padding: 12px 16px; min-width: 0; max-height: 80vh; overflow: auto; }
.sxi-status { font-size: 12px; color: var(--sxi-quiet); } .sxi-status b { color: var(--sxi-ink); }
.sxi-tabs { display: flex; flex-wrap: wrap; gap: 4px; border-bottom: 1px solid var(--sxi-edge); margin: 8px 0 12px; }
.sxi-tabs button { border: 0; background: none; padding: 6px 10px; cursor: pointer;
  border-bottom: 2px solid transparent; color: var(--sxi-quiet); }
.sxi-tabs button[aria-selected="true"] { color: var(--sxi-ink); border-color: var(--sxi-accent); font-weight: 600; }
.sxi-title { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.sxi-chip { font-size: 12px; padding: 1px 8px; border-radius: 99px; border: 1px solid var(--sxi-line);
  white-space: nowrap; color: var(--sxi-ink); background: var(--sxi-ground); }
.sxi-chip[data-state="synced"] { color: var(--sxi-good); border-color: currentColor; }
.sxi-chip[data-state="failed"], .sxi-chip[data-state="conflicted"] { color: var(--sxi-bad); border-color: currentColor; }
.sxi-chip[data-state="syncing"], .sxi-chip[data-state="saving"] { color: var(--sxi-accent); border-color: currentColor; }
.sxi-countdown { font-variant-numeric: tabular-nums; font-weight: 600; }
.sxi-sentence { margin: 8px 0 2px !important; }
.sxi-charts { display: flex; flex-wrap: wrap; gap: 16px; margin-top: 12px; align-items: flex-start; }
.sxi-region { flex: 0 1 auto; min-width: 0; max-width: 100%; overflow-x: auto; }
.sxi-chart { display: block; max-width: 100%; height: auto; }
.sxi-notes { flex-basis: 100%; font-size: 12px; color: var(--sxi-quiet); }
.sxi-state rect { fill: var(--sxi-raised); stroke: var(--sxi-line); stroke-width: 1.2; }
.sxi-state circle { fill: var(--sxi-line); }
.sxi-state text { font: 600 13px system-ui, sans-serif; fill: var(--sxi-ink); }
.sxi-final rect { stroke: var(--sxi-good); stroke-width: 2; }
.sxi-attention rect { stroke: var(--sxi-bad); }
.sxi-state[data-current="true"] rect { fill: var(--sxi-lit); stroke: var(--sxi-accent); stroke-width: 3; }
.sxi-attention[data-current="true"] rect { fill: var(--sxi-badlit); stroke: var(--sxi-bad); }
.sxi-arrow path { fill: none; stroke: var(--sxi-line); stroke-width: 1.2; }
.sxi-head { fill: var(--sxi-line); }
.sxi-arrow text { font: 11px system-ui, sans-serif; fill: var(--sxi-quiet); stroke: var(--sxi-ground);
  stroke-width: 4; paint-order: stroke; }
.sxi-arrow[data-open="true"] path { stroke: var(--sxi-accent); stroke-width: 1.8; }
.sxi-arrow[data-open="true"] text { fill: var(--sxi-ink); font-weight: 600; }
.sxi table { border-collapse: collapse; width: 100%; font-size: 13px; }
.sxi th, .sxi td { text-align: left; padding: 4px 8px 4px 0; border-bottom: 1px solid var(--sxi-edge);
  vertical-align: top; overflow-wrap: anywhere; }
.sxi thead th { color: var(--sxi-quiet); font-weight: 500; font-size: 12px; }
.sxi tr[data-changed="true"] td { background: var(--sxi-changed); }
.sxi-timeline li { display: grid; grid-template-columns: 92px 60px minmax(0, 1fr); gap: 8px; padding: 3px 0;
  border-bottom: 1px solid var(--sxi-edge); font-size: 13px; }
.sxi-timeline time, .sxi-kind { color: var(--sxi-quiet); font-variant-numeric: tabular-nums; }
.sxi-timeline button, .sxi-more { border: 0; background: none; padding: 0; text-align: left; cursor: pointer;
  color: var(--sxi-accent); text-decoration: underline; text-underline-offset: 2px; }
.sxi-more { margin-top: 8px; }
@media (max-width: 640px) {
  .sxi { grid-template-columns: minmax(0, 1fr); }
  .sxi-list { border-right: 0; border-bottom: 1px solid var(--sxi-edge); max-height: 240px; }
  .sxi-timeline li { grid-template-columns: 92px minmax(0, 1fr); } .sxi-kind { display: none; }
}
`;
