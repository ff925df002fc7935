import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TroubleKnobs } from '../../../demo/server/trouble.ts';
import { guardGroup } from '../../support/browser/group.ts';

const main = fileURLToPath(new URL('../../../demo/server/main.ts', import.meta.url));
/** ms */
const startDeadline = 15_000;

/** One applied change. A replayed answer leaves none. */
export interface LedgerLine {
  readonly n: number;
  readonly key: string | null;
  readonly method: string;
  readonly collection: string;
  readonly recordId: string;
  readonly body: string;
}

/** A row as the server shows it to spectators. */
export interface ServerRow {
  readonly id: string;
  readonly record: Readonly<Record<string, unknown>> | null;
  readonly version: number;
  readonly deleted: boolean;
}

interface Running {
  readonly pid: number;
  readonly ended: Promise<unknown>;
  readonly release: () => void;
}

/**
 * The reference server as a process of its own, on one database file and the same ports all its
 * life, so that it can be killed and started again under a client that waits.
 */
export class ServerProcess implements AsyncDisposable {
  readonly #folder: string;
  #ports = { api: 0, page: 0 };
  #running: Running | null = null;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** `up: false`: it has its ports and is not there, as for somebody on a plane. */
  static async make({ up = true }: { readonly up?: boolean } = {}): Promise<ServerProcess> {
    const server = new ServerProcess(await mkdtemp(join(tmpdir(), 'syncharts-server-')));
    await server.start();
    if (!up) await server.kill();
    return server;
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${this.#ports.api}`;
  }

  async start(): Promise<void> {
    if (this.#running) return;
    const { api, page } = this.#ports;
    const child = spawn(
      process.execPath,
      [
        ...[main, '--json', '--file', join(this.#folder, 'server.sqlite')],
        ...['--api-port', String(api), '--page-port', String(page), '--page', this.#folder],
      ],
      { detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = once(child, 'exit');
    const { pid } = child;
    if (pid === undefined) throw new Error('the reference server could not be spawned');
    this.#running = { pid, ended, release: guardGroup(pid) };
    const lines = createInterface(child.stdout);
    const urls = new Promise<{ apiUrl: string; pageUrl: string }>((resolve, reject) => {
      lines.on('line', (line) => {
        if (line.startsWith('{')) resolve(JSON.parse(line));
      });
      ended.then(() => reject(new Error('the reference server ended at its start')));
      AbortSignal.timeout(startDeadline).addEventListener('abort', () =>
        reject(new Error(`the reference server is not up after ${startDeadline} ms`)),
      );
    });
    const { apiUrl, pageUrl } = await urls;
    this.#ports = { api: Number(new URL(apiUrl).port), page: Number(new URL(pageUrl).port) };
  }

  /** SIGKILL: nothing is written out, nobody is told. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    process.kill(-running.pid, 'SIGKILL');
    await running.ended;
    running.release();
  }

  /** Turns knobs of trouble, over the port that trouble does not reach. */
  async trouble(knobs: Partial<TroubleKnobs>): Promise<void> {
    await this.#control('trouble', knobs);
  }

  /** Somebody else's edit. */
  async edit(collection: string, id: string, changes: object): Promise<void> {
    await this.#control('edit', { collection, id, changes });
  }

  /** All that was ever applied, oldest first. */
  async ledger(after = 0): Promise<readonly LedgerLine[]> {
    const { ledger } = await this.#control<{ ledger: LedgerLine[] }>(`ledger?after=${after}`);
    return ledger;
  }

  async rows(collection: string): Promise<readonly ServerRow[]> {
    const { rows } = await this.#control<{ rows: Record<string, ServerRow[]> }>('state?ledger=1');
    return rows[collection] ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #control<T>(path: string, body?: object): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${this.#ports.page}/_control/${path}`, {
      method: body ? 'POST' : 'GET',
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
