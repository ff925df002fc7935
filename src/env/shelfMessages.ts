/** What the page asks of the shelf's worker. */
export type ShelfRequest =
  /** Folders below the origin's root, outermost first. */
  | { readonly do: 'open'; readonly path: readonly string[] }
  | { readonly do: 'list' }
  /** From this byte on. */
  | { readonly do: 'read'; readonly file: string; readonly from: number }
  | { readonly do: 'append'; readonly file: string; readonly text: string }
  /** To so many bytes. */
  | { readonly do: 'cut'; readonly file: string; readonly size: number }
  | { readonly do: 'isHeld'; readonly file: string }
  | { readonly do: 'release'; readonly file: string }
  /** Only where it holds so many bytes, if that is said. */
  | { readonly do: 'remove'; readonly file: string; readonly size: number | undefined }
  | { readonly do: 'close' };

export interface ShelfEnvelope {
  readonly id: number;
  readonly request: ShelfRequest;
}

export type ShelfAnswer = { readonly id: number } & (
  | { readonly result: unknown }
  | { readonly error: { readonly name: string; readonly message: string } }
);
