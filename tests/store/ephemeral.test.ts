import { describe, expect, test } from 'vitest';
import { ephemeralSlice, initialEphemeral, type LineFacts } from '../../store/ephemeral.ts';
import { failure } from '../support/rows.ts';

const { actions, reducer } = ephemeralSlice('sync');
const paused: LineFacts = { state: 'pausedUntil', until: 9, failure };
const open: LineFacts = { state: 'open', until: null, failure: null };

describe('what a page knows and no disk keeps', () => {
  test('a line is told of as long as something holds it up', () => {
    const held = reducer(initialEphemeral, actions.lineChanged({ origin: 'a', line: paused }));
    const both = reducer(held, actions.lineChanged({ origin: 'b', line: paused }));
    expect(both.lines).toEqual({ a: paused, b: paused });
    const one = reducer(both, actions.lineChanged({ origin: 'a', line: open }));
    expect(one.lines).toEqual({ b: paused });
    // One that was open all the time is no news for anybody.
    expect(reducer(one, actions.lineChanged({ origin: 'a', line: open }))).toBe(one);
  });

  test('each action says its own part and leaves the others the same objects', () => {
    const room = { usage: 1, quota: 2, persisted: true, risk: 'none' } as const;
    const progress = { state: 'done', received: 3, total: null, isFirst: true } as const;
    const steps = [
      actions.connectionChanged('online'),
      actions.leadershipChanged({ role: 'leading', run: 'running' }),
      actions.shelfChanged('open'),
      actions.roomMeasured(room),
      actions.dependentChanged(4),
      actions.progress({ model: 'todo', progress }),
      actions.attemptStarted(['x']),
    ];
    const state = steps.reduce(reducer, initialEphemeral);
    expect(state).toMatchObject({
      ...{ connection: 'online', role: 'leading', run: 'running', shelf: 'open', room },
      ...{ dependent: 4, pulls: { todo: progress } },
    });
    expect(Object.keys(state.underWay)).toEqual(['x']);
    expect(state.lines).toBe(initialEphemeral.lines);
    expect(reducer(state, actions.attemptEnded(['x'])).underWay).toEqual({});
    expect(reducer(state, { type: 'an action of the app' })).toBe(state);
  });
});
