import type { Action } from '@reduxjs/toolkit';
import type { LaneRef } from '../store/facts.ts';
import type { JournalEntry } from '../store/rows/row.ts';
import { lanesOfRow, type PersonDraft, type SyncSlice } from '../store/slice.ts';
import { actionWords, entryWords } from './actionWords.ts';
import type { Env } from './ports/env.ts';

/** Something that happened, as a line of a timeline. */
export interface TraceEntry {
  /** Counts the entries of this page's life. */
  readonly n: number;
  /** ms since 1970. */
  readonly at: number;
  /** An act that is shown, a durable row, a request, or a state of the machines around. */
  readonly kind: 'act' | 'row' | 'request' | 'state';
  /** `recorded`, `sealed`, `attemptStarted`, `connectionChanged`, … */
  readonly type: string;
  /** The record that it is about, if it is about one. */
  readonly record: LaneRef | null;
  readonly sentence: string;
}

type Draft = Omit<TraceEntry, 'n' | 'at'>;

function recordOf(lane: string | undefined): LaneRef | null {
  if (lane === undefined) return null;
  const [model = '', recordId = ''] = lane.split('\u0000');
  return { model, recordId };
}

/** Tells of acts, rows and requests as they happen; costs nothing while nobody listens. */
export class Trace {
  readonly #name: string;
  readonly #env: Env;
  readonly #listeners = new Set<(entries: readonly TraceEntry[]) => void>();
  #count = 0;

  constructor({ name }: SyncSlice, env: Env) {
    this.#name = name;
    this.#env = env;
  }

  /** Calls `listener` with what one action of the store brought. Returns how to stop. */
  on(listener: (entries: readonly TraceEntry[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  saw(action: Action): void {
    if (this.#listeners.size === 0) return;
    const at = this.#env.now();
    const entries = this.#drafts(action).map((draft) => ({ n: ++this.#count, at, ...draft }));
    if (entries.length === 0) return;
    for (const listener of this.#listeners) {
      try {
        listener(entries);
      } catch (error) {
        this.#env.report(error);
      }
    }
  }

  #drafts(action: Action): Draft[] {
    const sentence = actionWords(this.#name, action);
    if (sentence === null) return [];
    const type = action.type.slice(this.#name.length + 1);
    const { payload } = action as { readonly payload?: unknown };
    if (type === 'sequenced') {
      const { entries } = payload as { entries: readonly JournalEntry[] };
      return entries.map((entry) => ({
        ...{ kind: 'row', type: entry.row?.type ?? 'unreadable', sentence: entryWords(entry) },
        record: entry.row ? onlyRecord(lanesOfRow(entry.row)) : entry.lane,
      }));
    }
    if (type === 'attemptStarted' || type === 'attemptEnded') {
      const lanes = payload as readonly string[];
      return [{ kind: 'request', type, sentence, record: onlyRecord(lanes) }];
    }
    if ('meta' in action) {
      const record = onlyRecord(lanesOfRow(payload as PersonDraft));
      return [{ kind: 'act', type, sentence, record }];
    }
    return [{ kind: 'state', type, sentence, record: null }];
  }
}

function onlyRecord(lanes: readonly string[]): LaneRef | null {
  return lanes.length === 1 ? recordOf(lanes[0]) : null;
}
