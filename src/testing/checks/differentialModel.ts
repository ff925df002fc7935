/**
 * What the kit is to do, in plain words: a map of what the server has and a list of what waits for
 * each record. Written from the documents alone, and with nothing of the kit's own: a mistake of its
 * must not agree with itself. One device, no faults, nobody else writes.
 */
type Row = Readonly<Record<string, unknown>>;
type Kind = 'create' | 'update' | 'delete';

interface Waiting {
  /** Operations that it stands for, in the order they were made. */
  readonly ids: readonly string[];
  readonly kind: Kind;
  readonly fields: Row;
  /** Not shown until the server said yes, nor what follows it. */
  readonly hidden: boolean;
  readonly isDead: boolean;
}

export class DifferentialModel {
  readonly server = new Map<string, Row>();
  /** For each record, in order: the operations that each effect carried. */
  readonly effects = new Map<string, string[][]>();
  readonly #lanes = new Map<string, Waiting[]>();
  readonly #onReject: 'keep' | 'rollback';

  constructor(onReject: 'keep' | 'rollback') {
    this.#onReject = onReject;
  }

  /** What a person sees: what the server has, with what waits on top. */
  shown(recordId: string): Row | null {
    let row = this.server.get(recordId) ?? null;
    for (const item of this.#lane(recordId)) {
      if (item.isDead && (item.hidden || this.#onReject === 'rollback')) continue;
      if (item.hidden) return row;
      row = after(row, item);
    }
    return row;
  }

  /** Ids of what waits for a record: all, or its dead letter. */
  waiting(recordId: string): string[] {
    return this.#lane(recordId).flatMap(({ ids }) => ids);
  }

  /** Whether something waits unseen: then people do not see what they would delete. */
  hides(recordId: string): boolean {
    return this.#lane(recordId).some(({ hidden }) => hidden);
  }

  removes(recordId: string): boolean {
    return this.#lane(recordId).some(({ kind }) => kind === 'delete');
  }

  deadLetter(recordId: string): readonly string[] {
    return this.#lane(recordId)
      .filter(({ isDead }) => isDead)
      .flatMap(({ ids }) => ids);
  }

  write(recordId: string, id: string, kind: Kind | 'upsert', fields: Row, hidden: boolean): void {
    const lane = this.#lane(recordId);
    const isComing = this.hides(recordId) && lane.some((item) => item.kind === 'create');
    const isThere = this.shown(recordId) !== null || isComing;
    const known = kind === 'upsert' || kind === 'create' ? (isThere ? 'update' : 'create') : kind;
    this.#put(recordId, [...lane, { ids: [id], kind: known, fields, hidden, isDead: false }]);
  }

  /** Takes back what is not sealed; what could not be without it goes too. */
  cancel(recordId: string, id: string): 'cancelled' | 'tooLate' {
    const lane = this.#lane(recordId);
    const at = lane.findIndex(({ ids }) => ids.includes(id));
    const item = lane[at];
    if (!item || item.isDead) return 'tooLate';
    const count = item.kind === 'create' || item.hidden ? lane.length - at : 1;
    this.#put(recordId, lane.toSpliced(at, count));
    return 'cancelled';
  }

  /** Drops the dead letter; with a create, or what was hidden, all behind it. */
  discard(recordId: string): void {
    const lane = this.#lane(recordId);
    const dead = lane.filter(({ isDead }) => isDead);
    const takesAll = dead.some(({ kind, hidden }) => kind === 'create' || hidden);
    this.#put(recordId, takesAll ? [] : lane.filter(({ isDead }) => !isDead));
  }

  /** Sends the dead letter again under a new id, with these fields; nothing behind may undo them. */
  mend(recordId: string, id: string, behindId: string, fields: Row): void {
    const lane = this.#lane(recordId);
    const dead = lane.filter(({ isDead }) => isDead);
    const behind = lane.filter(({ isDead }) => !isDead);
    const [first] = dead;
    if (!first) return;
    const ids = [id, ...dead.flatMap((item) => item.ids)];
    const all = Object.assign({}, ...dead.map((item) => item.fields), fields) as Row;
    const mended: Waiting = { ...first, ids, fields: all, isDead: false };
    const isUndone = behind.some((item) => Object.keys(fields).some((key) => key in item.fields));
    const again: Waiting = { ...mended, ids: [behindId], kind: 'update', fields };
    // In front of a create that came meanwhile it makes the record, and that one changes it.
    const end = behind.findIndex(({ kind }) => kind === 'delete');
    const later = behind.map((item, i): Waiting => {
      const isSecond = mended.kind === 'create' && item.kind === 'create' && (end < 0 || i < end);
      return isSecond ? { ...item, kind: 'update' } : item;
    });
    this.#put(recordId, [mended, ...later, ...(isUndone ? [again] : [])]);
  }

  /** Everything that can go goes, record by record. */
  send(): void {
    for (const recordId of this.#lanes.keys()) {
      while (this.#lane(recordId)[0]?.isDead === false) this.#sendRun(recordId);
    }
  }

  /** One request: the leading operations that one request can say. */
  #sendRun(recordId: string): void {
    const run = leadingRun(this.#lane(recordId));
    const rest = this.#lane(recordId).slice(run.length);
    const before = this.server.get(recordId) ?? null;
    const isCreate = run[0]?.kind === 'create';
    const result = run.reduce(after, before);
    this.#put(recordId, rest);
    // Made and taken away before anybody saw it: nothing to send.
    if (isCreate && before === null && result === null) return;
    if (result?.title === '') {
      // Where it is there already, a create is an update from here on.
      const kindOf = (item: Waiting) => (isCreate && before ? 'update' : item.kind);
      const refused = run.map((item) => ({ ...item, kind: kindOf(item), isDead: true }));
      this.#put(recordId, [...refused, ...rest]);
      return;
    }
    const all = Object.assign({}, ...run.map((item) => item.fields)) as Row;
    // A create where there is one already says what is different, and nothing if nothing is.
    const differs = ([key, value]: [string, unknown]) =>
      !isCreate || !before || !same(value, before[key]);
    const fields = Object.fromEntries(Object.entries(all).filter(differs));
    if (isCreate && before && result && Object.keys(fields).length === 0) return;
    const effects = this.effects.get(recordId) ?? [];
    this.effects.set(recordId, [...effects, run.flatMap(({ ids }) => ids)]);
    if (result === null) this.server.delete(recordId);
    else this.server.set(recordId, before === null ? result : patched(before, fields));
  }

  #lane(recordId: string): readonly Waiting[] {
    return this.#lanes.get(recordId) ?? [];
  }

  #put(recordId: string, lane: readonly Waiting[]): void {
    this.#lanes.set(recordId, [...lane]);
  }
}

function leadingRun(lane: readonly Waiting[]): Waiting[] {
  const run: Waiting[] = [];
  for (const item of lane) {
    const last = run.at(-1);
    if (last && (last.kind === 'delete' || item.kind === 'create')) break;
    if (last && last.hidden !== item.hidden) break;
    run.push(item);
  }
  return run;
}

/** What one act makes of a record. An update of nothing makes nothing. */
function after(row: Row | null, { kind, fields }: Waiting): Row | null {
  if (kind === 'delete') return null;
  if (kind === 'update' && row === null) return null;
  return { ...row, ...fields };
}

/** Fields as a merge patch leaves them (RFC 7396): null takes away, and what did not change stays. */
function patched(before: Row, fields: Row): Row {
  const kept = Object.entries(fields).filter(([, value]) => value !== null);
  const gone = Object.keys(fields).filter((key) => fields[key] === null);
  const next = kept.map(([key, value]) => [key, arrived(before[key], value)]);
  const rest = Object.entries(before).filter(([key]) => !gone.includes(key));
  return { ...Object.fromEntries(rest), ...Object.fromEntries(next) };
}

/** One value after the way to the server, where `before` stood. */
function arrived(before: unknown, value: unknown): unknown {
  if (!isRow(value)) return value;
  const known = isRow(before) ? before : {};
  const parts = Object.entries(value).flatMap(([key, part]) => {
    if (key in known && same(part, known[key])) return [[key, part]];
    return part === null ? [] : [[key, arrived(known[key], part)]];
  });
  return Object.fromEntries(parts);
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Same value, whatever the order of keys. */
function same(a: unknown, b: unknown): boolean {
  if (!isRow(a) || !isRow(b)) return JSON.stringify(a) === JSON.stringify(b);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]))
  );
}
