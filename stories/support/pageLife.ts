import { browserEnv } from '../../src/env/browserEnv.ts';
import type { Env, FetchInit } from '../../src/ports/env.ts';
import type { Network } from './network.ts';

/** One life of a page: from its opening until it is gone, answers under way with it. */
export interface PageLife {
  readonly env: Env;
  /** From here on no answer reaches it any more. */
  end(): void;
}

/** Until whoever asked gives up. */
function silence({ signal }: FetchInit): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

/** The browser as it is, with a network that a story can turn and an end that it can set. */
export function openPageLife(network: Network): PageLife {
  let isOver = false;
  const fetch: Env['fetch'] = async (url, init) => {
    const answer = await browserEnv.fetch(url, init);
    return isOver ? silence(init) : answer;
  };
  return {
    env: { ...browserEnv, ...network.env, fetch },
    end: () => {
      isOver = true;
    },
  };
}
