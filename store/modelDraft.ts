import { formerCap } from './caps.ts';
import { type Entry, emptyModel, type ModelFacts } from './facts.ts';
import type { JsonObject } from './json.ts';
import { PagesDraft } from './pagesDraft.ts';
import { asKnown } from './rebase.ts';

/** How far a model's pulls have come. */
export type PullPosition = Pick<
  ModelFacts,
  | 'cursor'
  | 'pulled'
  | 'epoch'
  | 'epochSince'
  | 'filter'
  | 'filterSince'
  | 'fullSince'
  | 'listedSince'
  | 'numericIds'
>;

export function positionOf(facts: PullPosition): PullPosition {
  const { cursor, pulled, epoch, epochSince, filter, filterSince, fullSince } = facts;
  const { listedSince, numericIds } = facts;
  return {
    ...{ cursor, pulled, epoch, epochSince, filter, filterSince, fullSince },
    ...{ listedSince, numericIds },
  };
}

/** What the server said of a record. */
export interface Told {
  /** Null: there is none. */
  readonly base: JsonObject | null;
  readonly version: string | null;
  /** The server's id of it, where it has just been said. */
  readonly alias?: string | undefined;
  /** Sequence of the row that tells it. */
  readonly confirmed: number;
}

/**
 * A model's records being folded: keeps together an entry, its alias and the count of those shown.
 * The server's id of a record that leaves by a pull is remembered: others may still name it by its key
 * here, and it may come back (into the filter, into the list).
 */
export class ModelDraft {
  readonly records: PagesDraft<Entry>;
  readonly aliases: PagesDraft<string>;
  readonly former: PagesDraft<string | null>;
  progress: PullPosition;
  #shown: number;

  constructor(before: ModelFacts) {
    this.records = new PagesDraft(before.records);
    this.aliases = new PagesDraft(before.aliases);
    this.former = new PagesDraft(before.former);
    this.progress = before;
    this.#shown = before.shown;
  }

  /** `hasLane`: operations of it wait, so it stays though nothing is shown. */
  put(recordId: string, next: Entry, hasLane: () => boolean): void {
    const before = this.records.get(recordId);
    const wasShown = before !== undefined && before.shown !== null;
    const isShown = next.shown !== null;
    if (wasShown !== isShown) this.#shown += isShown ? 1 : -1;
    if (next.base === null && !isShown && !hasLane()) {
      this.records.delete(recordId);
      // What waits here may still name it.
      if (next.alias !== null) this.#remember(recordId, next.alias);
    } else {
      // A change of what was taken back does not bring it back: what names it goes on waiting.
      const isNamed = before === undefined && next.alias !== null;
      if (isNamed || (isShown && !wasShown)) {
        this.#name(recordId, before?.alias ?? null, next.alias);
      }
      this.records.set(recordId, next);
    }
  }

  /** The server's id of a record that is not here any more; null where it has none. */
  formerAlias(recordId: string): string | null {
    return this.former.size > 0 ? (this.former.get(recordId) ?? null) : null;
  }

  /** It was taken back before the server knew it: whoever names it waits in vain. */
  takenBack(recordId: string): void {
    this.#remember(recordId, null);
  }

  /**
   * Another record that stands here under this id of the server's, or was given it before: the server
   * has only one.
   */
  otherOf(recordId: string, serverId: string): string | undefined {
    for (const other of [this.aliases.get(serverId), serverId]) {
      if (other !== undefined && other !== recordId && this.records.get(other)) return other;
    }
    return undefined;
  }

  /** Sets what the server confirmed; what is shown stays as it is. */
  putBase(recordId: string, { base, version, alias, confirmed }: Told): void {
    const before = this.records.get(recordId);
    const known = alias ?? before?.alias ?? null;
    // That there is none brings nothing back.
    if (base !== null || known !== null) this.#name(recordId, before?.alias ?? null, known);
    const shown = before?.shown ?? null;
    const kept = asKnown(base, shown);
    this.records.set(recordId, { base: kept, version, alias: known, shown, confirmed });
  }

  /** The server's id of it is over: what is made anew under its key gets another one. */
  unname(recordId: string): void {
    const before = this.records.get(recordId);
    if (!before || before.alias === null) return;
    this.#release(before.alias, recordId);
    this.records.set(recordId, { ...before, alias: null });
  }

  /** Base and shown at once, for a record without operations: one walk down the pages, not three. */
  putClean(recordId: string, { base, version, alias, confirmed }: Told): void {
    const before = this.records.get(recordId);
    const known = alias ?? before?.alias ?? null;
    if (base === null) {
      if (before === undefined) return;
      this.records.delete(recordId);
      if (before.shown) this.#shown--;
      if (known !== null) this.#remember(recordId, known);
      return;
    }
    this.#name(recordId, before?.alias ?? null, known);
    if (!before?.shown) this.#shown++;
    const kept = asKnown(base, before?.shown ?? null);
    this.records.set(recordId, { base: kept, version, alias: known, shown: kept, confirmed });
  }

  /** A record that was counted as shown shows nothing. */
  uncount(): void {
    this.#shown--;
  }

  clear(): void {
    this.records.clear();
    this.aliases.clear();
    this.former.clear();
    this.progress = emptyModel;
    this.#shown = 0;
  }

  finish(): ModelFacts {
    return {
      records: this.records.finish(),
      aliases: this.aliases.finish(),
      former: this.former.finish(),
      ...positionOf(this.progress),
      shown: this.#shown,
    };
  }

  /** The server's id leads to the record, and to no other. */
  #name(recordId: string, before: string | null, known: string | null): void {
    if (this.former.size > 0) this.#recall(recordId, known);
    if (before === known) return;
    if (known !== null) this.aliases.set(known, recordId);
    // The old id is another record's now (a tombstone's): it must not lead here any more.
    if (before !== null) this.#release(before, recordId);
  }

  /** The server may have given the id again since: then it leads to the record that has it now. */
  #release(alias: string, recordId: string): void {
    if (this.aliases.get(alias) === recordId) this.aliases.delete(alias);
  }

  /** A record is here (again): what was remembered of it, or of one with its id, is over. */
  #recall(recordId: string, known: string | null): void {
    const former = this.former.get(recordId);
    if (former !== undefined) this.former.delete(recordId);
    if (former != null && former !== known) this.#release(former, recordId);
    const other = known === null ? undefined : this.aliases.get(known);
    if (other !== undefined && other !== recordId) this.former.delete(other);
  }

  #remember(recordId: string, alias: string | null): void {
    // Given again since, it is that record's alone.
    if (alias !== null && this.aliases.get(alias) !== recordId) return;
    this.former.set(recordId, alias);
    if (this.former.size <= formerCap) return;
    const oldest = this.former.first();
    if (!oldest) return;
    this.former.delete(oldest.key);
    if (oldest.value !== null) this.#release(oldest.value, oldest.key);
  }
}
