import { setTimeout as sleep } from 'node:timers/promises';
import { waitForEndpoint } from './devTools.ts';
import { killGroup } from './group.ts';
import { spawnChromium } from './spawn.ts';

/** A tab that nobody keeps visible. */
export interface PlainTab {
  /** Runs an expression in the page and resolves with its value, which must be plain data. */
  run(expression: string): Promise<unknown>;
  /** Hides the page and freezes it, as the browser itself does with tabs in the background. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

export interface PlainBrowser extends AsyncDisposable {
  /** Opens a tab and resolves when its load event has come. */
  open(url: string): Promise<PlainTab>;
}

interface Reply {
  readonly id?: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** ms. */
const startDeadline = 30_000;

/**
 * A Chromium that is spoken to without Playwright, which makes each page believe that it has the focus: such a
 * page is never hidden, and one that is not hidden is never frozen.
 */
export async function launchPlain(profile: string): Promise<PlainBrowser> {
  const spawned = await spawnChromium(profile, ['--headless']);
  const end = async () => {
    await killGroup(spawned.pid);
    spawned.release();
  };
  try {
    const endpoint = await waitForEndpoint(profile, startDeadline, spawned.hasEnded);
    const send = await connect(endpoint);
    return {
      open: async (url) => {
        const { targetId } = await send('Target.createTarget', { url });
        const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
        const tab = plainTab((method, params) => send(method, params, String(sessionId)));
        // Its first document is an empty one.
        const isLoaded = `location.href !== 'about:blank' && document.readyState === 'complete'`;
        while (!(await tab.run(isLoaded))) await sleep(20);
        return tab;
      },
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

type Send = (
  method: string,
  params?: object,
  sessionId?: string,
) => Promise<Readonly<Record<string, unknown>>>;

async function connect(endpoint: string): Promise<Send> {
  const socket = new WebSocket(endpoint);
  const waiting = new Map<number, (reply: Reply) => void>();
  socket.onmessage = ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply;
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply);
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let count = 0;
  return (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      const id = ++count;
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
      socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
    });
}

function plainTab(send: Send): PlainTab {
  const become = async (state: 'frozen' | 'active') => {
    await send('Page.setWebLifecycleState', { state });
  };
  return {
    run: async (expression) => {
      const how = { awaitPromise: true, returnByValue: true };
      const reply = await send('Runtime.evaluate', { expression, ...how });
      if (reply.exceptionDetails) throw new Error(JSON.stringify(reply.exceptionDetails));
      return (reply.result as { readonly value?: unknown }).value;
    },
    freeze: () => become('frozen'),
    thaw: () => become('active'),
  };
}
