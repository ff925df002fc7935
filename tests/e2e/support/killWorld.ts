import type { Page } from 'playwright-core';
import type { ServedPage } from '../../support/browser/serve.ts';
import type { PageQuery } from '../pages/query.ts';
import { Device } from './device.ts';
import { newestEdits } from './ledger.ts';
import type { ServerProcess } from './referenceServer.ts';

/** What a reopened device says. */
export interface Findings {
  /** The browser threw the whole database away, and the app was told. */
  readonly wiped: boolean;
  /** A sentence for each acknowledged edit that is not there. */
  readonly missing: readonly string[];
}

function isEnd(fate: string): boolean {
  return fate !== 'waiting' && fate !== 'unknown';
}

/** One profile over many kills, and over the losses of its database. */
export class KillWorld implements AsyncDisposable {
  readonly device: Device;
  readonly #server: ServerProcess;
  #databaseId: string;
  /** Operations that were over when they were looked at: no database says so for ever. */
  readonly #over = new Set<string>();

  private constructor(device: Device, server: ServerProcess, databaseId: string) {
    this.device = device;
    this.#server = server;
    this.#databaseId = databaseId;
  }

  /** A new profile, closed once as people do: the mark outside of the database is written late. */
  static async make(
    page: ServedPage,
    server: ServerProcess,
    query: Partial<PageQuery>,
  ): Promise<KillWorld> {
    const device = await Device.make(page, { name: 'kill', api: server.apiUrl, ...query });
    const tab = await device.open();
    const databaseId = await tab.evaluate(() => app.sync.databaseId);
    await device.close();
    if (databaseId === null) throw new Error('the database has no id');
    return new KillWorld(device, server, databaseId);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.device[Symbol.asyncDispose]();
  }

  /** Compares what was acknowledged with what is there; forgets, with `forget`, what has ended. */
  async check(tab: Page, { forget }: { readonly forget: boolean }): Promise<Findings> {
    const { acknowledged } = this.device;
    const { id, told, fates, records } = await tab.evaluate(
      async (ids) => ({
        id: app.sync.databaseId,
        told: app.events.some((event) => event.type === 'dataLoss'),
        fates: await app.fates(ids),
        records: app.records(),
      }),
      acknowledged.ids,
    );
    const wiped = id !== this.#databaseId;
    if (wiped && !told) return { wiped, missing: ['the database is gone, and nobody was told'] };
    if (id !== null) this.#databaseId = id;
    const ledger = await this.#server.ledger();
    const keys = new Set(ledger.map(({ key }) => key));
    // How operations ended is forgotten with the database; the ledger tells what arrived.
    const arrivals = wiped ? newestEdits(ledger) : new Map<string, number>();
    // After a loss a record may be known by the server's name, and edits name it so.
    const edits = new Map(
      [...records.item, ...records.note].flatMap(({ id, tag, edit }) => [
        [tag, edit] as const,
        [id, edit] as const,
      ]),
    );
    const missing: string[] = [];
    for (const { operationId, id: tag, kind, edit } of acknowledged.values()) {
      const fate = fates[operationId] ?? 'unknown';
      const shown = edits.get(tag);
      const newest = arrivals.get(tag);
      const arrived = newest !== undefined && newest >= (edit ?? Number.POSITIVE_INFINITY);
      // Made and removed, unsent, is no request.
      const isNone = wiped && newest === undefined && this.device.removals.has(tag);
      if (isEnd(fate) || keys.has(operationId) || arrived || isNone) this.#over.add(operationId);
      const isOver = this.#over.has(operationId);
      if (fate === 'unknown' && !isOver) {
        missing.push(`${kind} ${tag}, edit ${edit} (${operationId}) is nowhere`);
        // A database that has lost its last rows shows what it had until it is told again.
      } else if (!isOver && shown !== undefined && (edit === null || shown < edit)) {
        missing.push(`${kind} ${tag}: edit ${edit} is ${fate}, but ${shown} is shown`);
      }
    }
    if (forget) {
      acknowledged.keepOnly(({ operationId }) => fates[operationId] === 'waiting');
      this.#over.clear();
    }
    return { wiped, missing };
  }
}
