import { isJsonObject } from '../../../store/json.ts';
import type { CallRequest } from '../../ports/requests.ts';
import type { Call } from '../../tabs/calls.ts';
import type { FetchQuery } from '../pulls/pullOnce.ts';
import type { PullOptions } from '../pulls/pullRun.ts';

/** What only the tab that leads can do, as plain data. */
export type LeaderCall =
  | { readonly verb: 'pull'; readonly model: string; readonly how: PullOptions }
  | {
      readonly verb: 'read';
      readonly model: string;
      readonly id: string;
      readonly request?: CallRequest;
    }
  | { readonly verb: 'fetch'; readonly model: string; readonly query: FetchQuery }
  | {
      readonly verb: 'decide';
      readonly model: string;
      readonly verdict: 'approve' | 'decline';
    }
  | { readonly verb: 'checkpoint' | 'pause' | 'resume' };

/**
 * A call as it stands in the database. Its options were checked in the tab that asked; what is no
 * call of this build is null.
 */
export function readCall(call: Call): LeaderCall | null {
  const { verb, model, id, verdict } = call;
  const isOf = (options: unknown) => typeof model === 'string' && isJsonObject(options);
  switch (verb) {
    case 'checkpoint':
    case 'pause':
    case 'resume':
      return { verb };
    case 'pull':
      return isOf(call.how) ? (call as LeaderCall) : null;
    case 'fetch':
      return isOf(call.query) ? (call as LeaderCall) : null;
    case 'read':
      return isOf(call.request ?? {}) && typeof id === 'string' ? (call as LeaderCall) : null;
    case 'decide':
      return isOf({}) && (verdict === 'approve' || verdict === 'decline')
        ? (call as LeaderCall)
        : null;
    default:
      return null;
  }
}
