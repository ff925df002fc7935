import { connectionPart } from './connectionPart.ts';
import { enginePart } from './enginePart.ts';
import { linePart } from './linePart.ts';
import type { Part } from './part.ts';

/** The machines that all records share. Whoever adds one writes its file and adds it here. */
export const shippedParts: readonly Part[] = [enginePart, connectionPart, linePart];
