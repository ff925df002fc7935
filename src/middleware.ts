import type { Middleware, UnknownAction } from '@reduxjs/toolkit';
import type { PersonAction, SyncSlice } from '../store/slice.ts';
import type { OperationHandle } from './handles.ts';
import type { WriteAction } from './modelApi.ts';
import type { Act, Runtime } from './runtime.ts';

/** What `store.dispatch` gives for a write. */
export type WriteDispatch = <T>(action: WriteAction<T>) => OperationHandle<T>;

export interface MiddlewareOptions {
  readonly slice: SyncSlice;
  /** The store is there: make the runtime. */
  readonly attach: (dispatch: Parameters<Middleware>[0]) => Runtime;
  /** What a dispatched act gives back to its caller. */
  readonly resultOf: (runtime: Runtime, action: PersonAction, act: Act) => unknown;
}

/**
 * The one way in for writes: stamps the act, lets the reducer show it, hands its row to the journal.
 * It takes facts from the action alone. The same action object dispatched twice gives the first
 * handle: a double click is one write.
 */
export function createMiddleware(options: MiddlewareOptions): Middleware<WriteDispatch> {
  const { slice } = options;
  const results = new WeakMap<object, unknown>();
  return (api) => {
    const runtime = options.attach(api);
    return (next) => (action) => {
      const known = action as UnknownAction;
      if (slice.isPersonAction(known)) {
        const before = results.get(known);
        if (before !== undefined) return before;
        const stamped = runtime.stamped(known);
        const saw = runtime.watch.around(stamped);
        try {
          next(stamped);
        } catch (error) {
          // A subscriber that throws comes after the reducer: the write is taken all the same.
          if (!runtime.hasTaken(stamped)) throw error;
          runtime.report(error);
        }
        saw?.();
        runtime.trace.saw(stamped);
        const result = options.resultOf(runtime, stamped, runtime.accepted(stamped));
        results.set(known, result);
        return result;
      }
      const saw = runtime.watch.around(known);
      const result = next(action);
      saw?.();
      runtime.trace.saw(known);
      runtime.noticed();
      if (known.type === 'persist/REHYDRATE' && known.key === slice.name) runtime.hydrated();
      return result;
    };
  };
}
