import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentLength, growthStep, PreallocatedFile } from '../../src/env/preallocatedFile.ts';
import { FakeHandle } from '../support/fakeHandle.ts';

const encoder = new TextEncoder();

function contentOf({ bytes }: FakeHandle): string {
  return new TextDecoder().decode(bytes.subarray(0, contentLength(bytes)));
}

function append(file: PreallocatedFile, text: string): void {
  file.append(encoder.encode(text));
}

describe('a file with room behind its end', () => {
  test('a flush of a line finds the file as long as it was: only one in a hundred makes it longer', () => {
    const handle = new FakeHandle();
    const file = new PreallocatedFile(handle);
    const line = `${'x'.repeat(649)}\n`;
    for (let n = 0; n < 1_000; n++) append(file, line);
    expect(handle.flushed).toHaveLength(1_000);
    const lengths = new Set(handle.flushed);
    expect(lengths.size).toBe(Math.ceil(650_000 / growthStep));
    expect(contentOf(handle)).toBe(line.repeat(1_000));
  });

  test('what is appended after it was opened again stands before the zeros', () => {
    const handle = new FakeHandle();
    append(new PreallocatedFile(handle), 'one\n');
    const size = handle.bytes.length;
    append(new PreallocatedFile(handle), 'two\n');
    expect(contentOf(handle)).toBe('one\ntwo\n');
    expect(handle.bytes.length).toBe(size);
  });

  test('ST12: behind a line that a crash tore stands the next one, wherever it was torn', () => {
    const whole = 'one\ntwo, which is torn\n';
    for (let cut = 0; cut < whole.length; cut++) {
      const handle = new FakeHandle();
      handle.bytes = new Uint8Array(growthStep);
      handle.bytes.set(encoder.encode(whole.slice(0, cut)));
      append(new PreallocatedFile(handle), '\nthree\n');
      expect(contentOf(handle)).toBe(`${whole.slice(0, cut)}\nthree\n`);
    }
  });

  test('whatever is appended, and however often it is opened anew, it holds all of it in order', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.nat(2 * growthStep).map((length) => 'ü'.repeat(length)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.boolean()), { maxLength: 12 }), (appends) => {
        const handle = new FakeHandle();
        let file = new PreallocatedFile(handle);
        let all = '';
        for (const [text, isReopened] of appends) {
          if (isReopened) file = new PreallocatedFile(handle);
          append(file, `${text}\n`);
          all += `${text}\n`;
          expect(file.end).toBe(encoder.encode(all).length);
          expect(handle.bytes.length - file.end).toBeLessThan(2 * growthStep);
        }
        const content = Buffer.from(handle.bytes.subarray(0, file.end));
        expect(content.equals(encoder.encode(all))).toBe(true);
        expect(contentLength(handle.bytes)).toBe(file.end);
      }),
      { numRuns: 30 },
    );
  });

  test('ST21: where there is room for the line and not for the zeros, the line is kept', () => {
    const handle = new FakeHandle();
    handle.room = 10;
    const file = new PreallocatedFile(handle);
    append(file, 'one\n');
    append(file, 'two\n');
    expect(contentOf(handle)).toBe('one\ntwo\n');
    expect(() => append(file, 'three\n')).toThrow(
      expect.objectContaining({ name: 'QuotaExceededError' }),
    );
    expect(contentOf(handle)).toBe('one\ntwo\n');
    handle.room = 1_000_000;
    append(file, 'four\n');
    expect(contentOf(handle)).toBe('one\ntwo\nfour\n');
  });

  test('ST21: a disk that fills up leaves a file room for as many lines as a step holds', () => {
    const handle = new FakeHandle();
    const file = new PreallocatedFile(handle);
    const line = `${'x'.repeat(999)}\n`;
    for (let n = 0; n < 100; n++) append(file, line);
    handle.room = handle.bytes.length;
    const most = Math.floor((handle.bytes.length - file.end) / line.length);
    expect(most).toBeGreaterThanOrEqual(Math.floor(growthStep / line.length));
    for (let n = 0; n < most; n++) append(file, line);
    expect(contentOf(handle)).toBe(line.repeat(100 + most));
    expect(() => append(file, line)).toThrow(
      expect.objectContaining({ name: 'QuotaExceededError' }),
    );
    expect(contentOf(handle)).toBe(line.repeat(100 + most));
  });

  test('ST21: a line whose flush fails is taken back', () => {
    const handle = new FakeHandle();
    append(new PreallocatedFile(handle), 'one\n');
    const file = new PreallocatedFile(handle);
    handle.failure = new DOMException('the disk does not answer', 'InvalidStateError');
    expect(() => append(file, 'two\n')).toThrow('the disk does not answer');
    expect(contentOf(handle)).toBe('one\n');
    append(new PreallocatedFile(handle), 'three\n');
    expect(contentOf(handle)).toBe('one\nthree\n');
  });
});
