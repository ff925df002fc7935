import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { SimNet, simBaseUrl } from '../../src/testing/net/simNet.ts';
import { SimServer } from '../../src/testing/server/simServer.ts';
import { World } from '../../src/testing/world/world.ts';

/** The platform's own collection, now. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('I32: a request that is given up ends then, also if garbage was collected meanwhile', async () => {
  const net = new SimNet({
    ...{ world: new World(1), server: new SimServer(), faultAt: () => undefined },
    isCut: () => false,
  });
  const abort = new AbortController();
  const given: string[] = [];
  const send = () => {
    const fetch = net.fetch(0, () => true);
    const { signal } = abort;
    fetch(`${simBaseUrl}todos`, { method: 'GET', headers: {}, body: null, signal }).catch(
      (error: Error) => given.push(error.name),
    );
  };
  send();
  await turn();
  collectGarbage();
  abort.abort();
  await turn();
  expect(given).toEqual(['AbortError']);
  expect(net.attempts).toMatchObject([{ from: net.attempts[0]?.to }]);
});
