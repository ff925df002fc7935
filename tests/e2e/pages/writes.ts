import type { ModelApi, OperationHandle } from 'syncharts';
import type { Edit, ModelName, Thing } from '../support/edits.ts';

/** An edit whose `saved` has resolved: from here on it may never be lost. */
export interface Acknowledgement {
  readonly operationId: string;
  readonly model: ModelName;
  readonly id: string;
  readonly kind: Edit['kind'];
  /** The counter that it gave its record; null for a removal. */
  readonly edit: number | null;
}

declare global {
  /** Takes acknowledgements out of the browser, where no kill reaches them. */
  var acknowledged: (batch: readonly Acknowledgement[]) => Promise<void>;
  /**
   * Tells of removals before they are dispatched, and resolves once the test knows: a kill may keep their
   * acknowledgements from us, and a record that was made and removed is nowhere after a loss.
   */
  var removing: (ids: readonly string[]) => Promise<void>;
}

export interface Written {
  readonly saved: number;
  /** The codes of the others' SyncErrors. */
  readonly refused: readonly string[];
}

/** Does edits through the models' API and tells the test of each that is saved. */
export class Writes {
  readonly #models: Readonly<Record<ModelName, ModelApi<Thing>>>;
  #open: Promise<void>[] = [];
  #saved = 0;
  #refused: string[] = [];
  #batch: Acknowledgement[] = [];

  constructor(models: Readonly<Record<ModelName, ModelApi<Thing>>>) {
    this.#models = models;
  }

  /** What is about to be removed; to be waited for before any of these edits is written. */
  async announce(edits: readonly Edit[]): Promise<void> {
    const ids = edits.flatMap(({ kind, id }) => (kind === 'remove' ? [id] : []));
    if (ids.length > 0) await globalThis.removing(ids);
  }

  write(edit: Edit): OperationHandle<Thing> {
    const handle = this.#do(edit);
    const { operationId } = handle;
    const { model, id, kind } = edit;
    const counter = edit.kind === 'remove' ? null : (edit.fields.edit ?? null);
    const told = handle.saved.then(
      () => {
        this.#saved++;
        this.#tell({ operationId, model, id, kind, edit: counter });
      },
      (error: unknown) => {
        this.#refused.push(String((error as { code?: unknown }).code));
      },
    );
    this.#open.push(told);
    return handle;
  }

  /** Waits for each write so far; counts since the last call. */
  async written(): Promise<Written> {
    await Promise.all(this.#open.splice(0));
    const result = { saved: this.#saved, refused: this.#refused };
    this.#saved = 0;
    this.#refused = [];
    return result;
  }

  #do(edit: Edit): OperationHandle<Thing> {
    const api = this.#models[edit.model];
    switch (edit.kind) {
      case 'create':
        return api.create({ id: edit.id, ...edit.fields });
      case 'update':
        return api.update(edit.id, edit.fields);
      case 'remove':
        return api.remove(edit.id);
    }
  }

  /** What was saved by one transaction goes out as one message. */
  #tell(acknowledgement: Acknowledgement): void {
    this.#batch.push(acknowledgement);
    if (this.#batch.length > 1) return;
    Promise.resolve().then(() => {
      const batch = this.#batch;
      this.#batch = [];
      void globalThis.acknowledged(batch);
    });
  }
}
