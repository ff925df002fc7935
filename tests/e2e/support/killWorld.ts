import type { Page } from 'playwright-core';
import type { ServedPage } from '../../support/browser/serve.ts';
import type { PageQuery } from '../pages/query.ts';
import { Device } from './device.ts';
import type { ServerProcess } from './referenceServer.ts';

/** What a reopened device says. */
export interface Findings {
  /** The browser threw the whole database away, and the app was told. */
  readonly wiped: boolean;
  /** A sentence for each acknowledged edit that is not there. */
  readonly missing: readonly string[];
}

/** One profile over many kills, until the browser wipes its database. */
export class KillWorld implements AsyncDisposable {
  readonly device: Device;
  readonly #server: ServerProcess;
  readonly #databaseId: string;

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
    if (id !== this.#databaseId && told) return { wiped: true, missing: [] };
    const keys = new Set((await this.#server.ledger()).map(({ key }) => key));
    const edits = new Map(
      [...records.item, ...records.note].map(({ tag, edit }) => [tag, edit] as const),
    );
    const missing: string[] = [];
    for (const { operationId, id: tag, kind, edit } of acknowledged.values()) {
      const fate = fates[operationId] ?? 'unknown';
      const shown = edits.get(tag);
      if (fate === 'unknown' && !keys.has(operationId)) {
        missing.push(`${kind} ${tag} (${operationId}) is nowhere`);
      } else if (shown !== undefined && (edit === null || shown < edit)) {
        missing.push(`${kind} ${tag}: edit ${edit} is ${fate}, but ${shown} is shown`);
      }
    }
    if (forget) {
      acknowledged.keepOnly(({ operationId }) => fates[operationId] === 'waiting');
    }
    return { wiped: false, missing };
  }
}
