/**
 * Where a pull stands. `seq` is the last change the client has seen; `quietUntil` is set
 * during a full pull of several pages: tombstones up to it are older than the pull itself,
 * so listing them would only tell the client about records it never got.
 */
export interface Position {
  readonly seq: number;
  readonly quietUntil: number;
}

/** The life travels inside the cursor: after a reset the same numbers would mean other changes. */
export function encodeCursor(life: string, position: Position): string {
  const text = `${life}.${position.seq}.${position.quietUntil}`;
  return Buffer.from(text, 'utf8').toString('base64url');
}

const SHAPE = /^([0-9a-f-]{36})\.(\d{1,15})\.(\d{1,15})$/;

/** Undefined for a cursor of another life and for anything that was never a cursor of ours. */
export function decodeCursor(life: string, cursor: string): Position | undefined {
  const match = SHAPE.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (match === null || match[1] !== life) return undefined;
  return { seq: Number(match[2]), quietUntil: Number(match[3]) };
}
