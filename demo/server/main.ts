import { parseArgs } from 'node:util';
import { startReferenceServer } from './start.ts';

const USAGE =
  'Usage: node demo/server/main.ts [--file path] [--synchronous full|off] [--api-port n] ' +
  '[--page-port n] [--page dir] [--line name=port]… [--json]';

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        file: { type: 'string', default: '.tmp/demo.sqlite' },
        synchronous: { type: 'string', default: 'full' },
        'api-port': { type: 'string', default: '4801' },
        'page-port': { type: 'string', default: '4800' },
        page: { type: 'string', default: 'demo/dist' },
        // A way to the API of one device's own, which can be cut by itself.
        line: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

function synchronousOf(text: string): 'full' | 'off' {
  return text === 'full' || text === 'off' ? text : fail(`--synchronous is full or off.\n${USAGE}`);
}

function portOf(text: string, option: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535 ? port : fail(`${option} takes a port from 0 to 65535, not "${text}".`);
}

function linesOf(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name = '', port = ''] = text.split('=');
      if (!/^\w+$/.test(name))
        fail(`--line takes a name and a port, like phone=4802, not "${text}".`);
      return [name, portOf(port, '--line')];
    }),
  );
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code !== 'EADDRINUSE') return `The server could not start: ${error.message}`;
  return `Port ${port} is taken by another program. Choose others with --page-port, --api-port and --line.`;
}

const options = readOptions();
const server = await startReferenceServer({
  file: options.file,
  synchronous: synchronousOf(options.synchronous),
  apiPort: portOf(options['api-port'], '--api-port'),
  pagePort: portOf(options['page-port'], '--page-port'),
  pageDirectory: options.page,
  lines: linesOf(options.line),
}).catch((error: unknown) => fail(explain(error)));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void server.close().then(() => process.exit(0)));
}

const shown = (url: string): string => url.replace('127.0.0.1', 'localhost');
console.log(`Syncharts demo: ${shown(server.pageUrl)} (API on ${shown(server.apiUrl)})`);
if (options.json) {
  const { apiUrl, pageUrl } = server;
  console.log(JSON.stringify({ apiUrl, pageUrl }));
}
