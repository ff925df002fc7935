import { afterEach } from 'vitest';
import { type RestOptions, rest } from '../../src/rest.ts';
import { fetching } from './fetching.ts';
import { json } from './rest.ts';
import { quickEnv, statusOf } from './tinyServer.ts';
import { type Device, makeDevice, until } from './world.ts';

/** What a server says to a request; undefined: a list is empty, and nothing else is there. */
export type Says = (request: Request) => Response | undefined | Promise<Response | undefined>;

/** Devices over HTTP before servers that are functions; they end with the test. */
export function sayingWorld() {
  const devices: Device[] = [];

  afterEach(async () => {
    for (const { sync } of devices.splice(0)) await sync.stop();
  });

  async function device(saying: Says, options: Partial<RestOptions> = {}) {
    const sent: { readonly method: string; readonly path: string }[] = [];
    const fetch = fetching(async (request) => {
      const { pathname } = new URL(request.url);
      sent.push({ method: request.method, path: pathname });
      const said = await saying(request);
      if (said) return said;
      const isList = request.method === 'GET' && /\/(?:todos|notes)$/.test(pathname);
      return isList
        ? json({ items: [], deleted: [], cursor: 'c', hasMore: false })
        : json({ title: 'not found' }, 404);
    });
    const transport = rest({ baseUrl: 'https://api.example.com', ...options });
    const more = { backoff: { base: 1, cap: 2 } };
    const made = makeDevice({ transport, env: quickEnv({ fetch }), more });
    devices.push(made);
    made.sync.start();
    await until('synced', () => statusOf(made).phase === 'synced');
    return {
      ...made,
      /** How many requests of a method were sent. */
      of: (method: string) => sent.filter((item) => item.method === method).length,
    };
  }

  return { device };
}
