import { describe, test } from 'vitest';
import { memoryShelf } from '../../src/storage/memoryShelf.ts';
import { shelfCases } from './shelf.ts';

describe('the shelf in memory keeps the shelf contract', () => {
  for (const { title, run } of shelfCases) {
    test(title, () => run(memoryShelf(), 'contract'));
  }
});
