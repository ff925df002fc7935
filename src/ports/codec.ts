/**
 * What stands between text and disk. Asynchronous, because encryption is; it runs before the
 * transaction, and the order of rows is kept.
 */
export interface Codec {
  encode(text: string): Promise<string> | string;
  /** Rejects for bytes that it did not write; the row is quarantined. */
  decode(stored: string): Promise<string> | string;
}

export const identityCodec: Codec = {
  encode: (text) => text,
  decode: (stored) => stored,
};
