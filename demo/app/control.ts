/**
 * The reference server's control, on the page's own origin: it stays reachable while the line to the
 * API is cut. An app has nothing like it; it exists so that trouble can be made and watched.
 */

export interface ServerRow {
  readonly id: string;
  /** Null for a tombstone. */
  readonly record: {
    readonly title?: unknown;
    readonly done?: unknown;
    readonly counter?: unknown;
  } | null;
  readonly version: number;
  readonly deleted: boolean;
}

/** One applied change. */
export interface Effect {
  readonly n: number;
  readonly key: string | null;
  readonly method: string;
  readonly collection: string;
  readonly recordId: string;
}

export interface Knobs {
  readonly delayMs: number;
  readonly dropAnswers: number;
  readonly failWith: { readonly status: number; readonly count: number } | null;
  readonly refuse: {
    readonly match: string;
    readonly status: number;
    readonly reason: string;
  } | null;
}

export interface ServerState {
  readonly rows: { readonly todos: readonly ServerRow[] };
  readonly ledger: readonly Effect[];
  readonly trouble: Knobs;
  /** By device: whether its line is cut. */
  readonly lines: Readonly<Record<string, boolean>>;
}

async function call(path: string, body?: object): Promise<string> {
  const sent = body && {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answer = await fetch(`/_control/${path}`, { ...sent, cache: 'no-store' });
  if (!answer.ok) throw new Error(`The server answered ${answer.status} to ${path}.`);
  return answer.text();
}

/** Where each device finds the API, by its name. */
export async function readLines(): Promise<Readonly<Record<string, string>>> {
  const { lines } = JSON.parse(await call('config')) as { lines: Record<string, string> };
  return lines;
}

/** As text: most looks find nothing new, and equal texts need no parsing and no rendering. */
export function readStateText(ledger: number): Promise<string> {
  return call(`state?ledger=${ledger}`);
}

export async function turnKnobs(knobs: Partial<Knobs>): Promise<void> {
  await call('trouble', knobs);
}

export async function turnLine(name: string, cut: boolean): Promise<void> {
  await call('line', { name, cut });
}
