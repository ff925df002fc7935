import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMessage, sealed, type TabMessage } from '../../src/tabs/messages.ts';

const shared = {
  connection: 'online',
  lines: { 'https://api': { state: 'tripped', until: 7, failure: null } },
  dependent: 1,
  underWay: { 'todo\u0000a': true },
  pulls: { todo: { state: 'running', received: 1, total: null, isFirst: true } },
} as const;

const failure = { code: 'server', message: 'told to the leading tab', at: 1 } as const;

const messages: readonly TabMessage[] = [
  { type: 'appended', head: 3 },
  { type: 'asked', head: 0 },
  { type: 'stealing' },
  { type: 'called', id: 'a' },
  { type: 'answered', id: 'a' },
  { type: 'led', fence: 2, beat: 1, head: 3, paused: false, shared },
  { type: 'heard', fence: 2, n: 1, event: { type: 'pullFailed', model: 'todo', failure } },
  {
    ...{ type: 'heard', fence: 2, n: 2 },
    event: { type: 'stuck', model: 'todo', recordId: 'a', since: 1, waiting: 2 },
  },
];

/** Every part of a value replaced by something else, one at a time. */
function* damaged(value: unknown): Generator<unknown> {
  for (const other of [null, undefined, -1, 1.5, 'x', true, [], {}, Number.NaN]) yield other;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    for (const other of damaged(part)) yield { ...value, [key]: other };
  }
}

describe('what tabs say to each other', () => {
  test.each(messages)('MT7: a message of type $type comes as it was sent', (message) => {
    const copy: unknown = structuredClone(sealed(message));
    expect(readMessage(copy)).toMatchObject(message);
  });

  test('MT7 SEC21: one that is damaged anywhere is no message, or says something that is one', () => {
    let refused = 0;
    for (const message of messages) {
      for (const damage of damaged(sealed(message))) {
        const read = readMessage(damage);
        if (read === null) refused++;
        else expect(readMessage(sealed(read))).toEqual(read);
      }
    }
    expect(refused).toBeGreaterThan(200);
  });

  test('MT7 SEC21: anything else is no message, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (data) => {
        expect(readMessage(data)).toBeNull();
      }),
    );
  });

  test('MT8: one of another version is not for this build', () => {
    expect(readMessage({ ...sealed({ type: 'stealing' }), v: 2 })).toBeNull();
  });
});
