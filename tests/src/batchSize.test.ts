import { expect, test } from 'vitest';
import { BatchSize } from '../../src/engine/sending/batchSize.ts';

test('SV12: what is too much is halved, down to one', () => {
  const size = new BatchSize(20);
  const sizes = [20, 10, 5, 2, 1].map((sent) => {
    size.tooLarge(sent);
    return size.now;
  });
  expect(sizes).toEqual([10, 5, 2, 1, 1]);
});

test('SV12: of two under way at once that were too much, each of them is half of what was sent', () => {
  const size = new BatchSize(20);
  size.tooLarge(20);
  size.tooLarge(20);
  expect(size.now).toBe(10);
});

test('SV12: after a full batch of operations that were taken it is twice as much, counted anew each time, and never more than at first', () => {
  const size = new BatchSize(15);
  size.tooLarge(15);
  const sizes: number[] = [];
  for (let i = 0; i < 30; i++) {
    size.took(1);
    sizes.push(size.now);
  }
  expect(sizes).toEqual([...Array(14).fill(7), ...Array(15).fill(14), 15]);
  size.took(100);
  expect(size.now).toBe(15);
});

test('SV12: what was taken before it was too much does not count', () => {
  const size = new BatchSize(10);
  size.tooLarge(10);
  size.took(9);
  size.tooLarge(5);
  size.took(9);
  expect(size.now).toBe(2);
  size.took(1);
  expect(size.now).toBe(4);
});
