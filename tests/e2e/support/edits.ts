import { between, oneOf, type Random } from './random.ts';

/** `item`: the client's ids count. `note`: the server makes its own. */
export type ModelName = 'item' | 'note';

export interface Thing {
  readonly id: string;
  /** The key on the device once more: the server changes the id of a note, never its tag. */
  readonly tag: string;
  /** Rises with each edit of the record, so that an edit that comes twice or late is seen. */
  readonly edit: number;
  readonly title: string;
  readonly done?: boolean;
  readonly amount?: number;
  readonly text?: string;
}

export type Fields = Partial<Omit<Thing, 'id'>>;

interface Place {
  readonly model: ModelName;
  readonly id: string;
}

export type Edit =
  | (Place & { readonly kind: 'create'; readonly fields: Omit<Thing, 'id'> })
  | (Place & { readonly kind: 'update'; readonly fields: Fields })
  | (Place & { readonly kind: 'remove' });

export interface EditorOptions {
  readonly random: Random;
  /** Begins the ids of new records; no two editors of a database may share it. */
  readonly prefix: string;
  /** The counter's first value; a later editor of the same records begins above. */
  readonly firstEdit?: number;
  /** Records that are there already. */
  readonly known?: readonly Place[];
  /** Share of creates. */
  readonly creates?: number;
  /** Records that live at once; beyond it only removals make room for new ones. */
  readonly most?: number;
}

/** Makes up edits as people do, and keeps the plain model of what they come to. */
export class Editor {
  /** What must be shown once all edits are done: by tag, without the id. */
  readonly expected = new Map<string, Omit<Thing, 'id'>>();
  readonly #options: EditorOptions;
  readonly #living: Place[];
  #edit: number;
  #made = 0;

  constructor(options: EditorOptions) {
    this.#options = options;
    this.#living = [...(options.known ?? [])];
    this.#edit = options.firstEdit ?? 0;
  }

  /** So many edits, each on what the ones before it left. */
  take(count: number): Edit[] {
    return Array.from({ length: count }, () => this.next());
  }

  next(): Edit {
    const { random, creates = 0.3, most = 1_000 } = this.#options;
    const draw = random();
    const place = oneOf(random, this.#living);
    if (!place || (draw < creates && this.#living.length < most)) return this.#create();
    return draw > 0.93 ? this.#remove(place) : this.#update(place);
  }

  #create(): Edit {
    const { random, prefix } = this.#options;
    const id = `${prefix}-${++this.#made}`;
    const model = random() < 0.7 ? 'item' : 'note';
    const fields = { tag: id, edit: ++this.#edit, title: `title ${this.#edit}`, done: false };
    this.#living.push({ model, id });
    this.expected.set(id, fields);
    return { kind: 'create', model, id, fields };
  }

  #update({ model, id }: Place): Edit {
    const { random } = this.#options;
    const fields: Fields = {
      edit: ++this.#edit,
      ...(random() < 0.5 && { title: `title ${this.#edit}` }),
      ...(random() < 0.4 && { done: random() < 0.5 }),
      ...(random() < 0.4 && { amount: between(random, -1_000, 1_000) }),
      ...(random() < 0.3 && { text: 'ä"\\\u2028😀'.repeat(between(random, 1, 20)) }),
    };
    const before = this.expected.get(id);
    if (before) this.expected.set(id, { ...before, ...fields });
    return { kind: 'update', model, id, fields };
  }

  #remove(place: Place): Edit {
    this.#living.splice(this.#living.indexOf(place), 1);
    this.expected.delete(place.id);
    return { kind: 'remove', ...place };
  }
}
