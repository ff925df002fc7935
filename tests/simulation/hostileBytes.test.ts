import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { emptyFacts, type Facts } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { scan, valuesOf } from '../../store/pages.ts';
import { decodeEntry, encodeRow } from '../../store/rows/codec.ts';
import { badState, changedPrototype, type Hostile, hostile } from '../support/hostile.ts';
import { canonical, models } from '../support/rows.ts';

const golden = readFileSync(new URL('../store/fixtures/rows.v1.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');

/** Fails with the case that did it. */
function check({ number, how, text }: Hostile, broken: string | null): void {
  const why = broken ?? changedPrototype();
  if (why) expect.fail(`case ${number} (${how}): ${why}\n${text.slice(0, 400)}`);
}

describe('rows of the journal', () => {
  const good = golden.map((text, i) => decodeEntry(i + 1, text));

  /** Records and outbox, but for those of one record. */
  function others({ models: known, outbox }: Facts, recordId: string | undefined): string {
    const seen: unknown[] = [];
    for (const { records } of Object.values(known)) {
      scan(records, '', (entry, id) => {
        if (id !== recordId) seen.push(id, entry);
        return true;
      });
    }
    seen.push(valuesOf(outbox).filter((operation) => operation.recordId !== recordId));
    return JSON.stringify(seen);
  }

  function brokenRow(at: number, text: string): string | null {
    const entry = decodeEntry(at + 1, text);
    const { facts } = foldEntries(emptyFacts(models), good.with(at, entry));
    const bad = badState(canonical(facts));
    if (bad) return `the facts: ${bad}`;
    if (facts.head !== golden.length) return `the head is ${facts.head}`;
    if (entry.row) {
      const written = encodeRow(entry.row);
      const { row } = decodeEntry(at + 1, written);
      return row && encodeRow(row) === written ? null : 'the row is not what it is written as';
    }
    if (entry.text !== text) return 'the bytes of a row that can not be read are not kept';
    const kept = valuesOf(facts.quarantine).some((item) => item.text === text);
    if (!kept) return 'it is not in quarantine';
    const { facts: without } = foldEntries(emptyFacts(models), good.toSpliced(at, 1));
    const id = entry.lane?.recordId;
    return others(facts, id) === others(without, id) ? null : 'other records are not as without it';
  }

  test('P23 ST10 UP2 I26: whatever stands in a row, it is read or kept with its bytes, and the rest is folded', () => {
    for (let number = 0; number < 6_000; number++) {
      const at = number % golden.length;
      const bad = hostile(number, golden[at] as string);
      let broken: string | null;
      try {
        broken = brokenRow(at, bad.text);
      } catch (error) {
        broken = `threw ${(error as Error).stack}`;
      }
      check(bad, broken);
    }
  });
});
