import { aliasOf, type Facts, laneKey } from '../../store/facts.ts';
import type { Json, JsonObject } from '../../store/json.ts';
import { getIn } from '../../store/pages.ts';
import type { PersonRow, ServerName } from '../../store/rows/row.ts';

/** Which model the records are of that a field names, by field. */
export type References = Readonly<Record<string, string>>;

type Rename = (model: string, id: string) => string;

/** The same object where nothing is renamed. */
function renamed(record: JsonObject, references: References, rename: Rename): JsonObject {
  let next: Record<string, Json> | null = null;
  for (const [field, model] of Object.entries(references)) {
    if (!Object.hasOwn(record, field)) continue;
    const before = record[field] as Json;
    const after = renamedValue(before, (id) => rename(model, id));
    if (after === before) continue;
    next ??= { ...record };
    next[field] = after;
  }
  return next ?? record;
}

/** A field names one record or several. */
function renamedValue(value: Json, rename: (id: string) => string): Json {
  if (typeof value === 'string') return rename(value);
  if (!Array.isArray(value)) return value;
  const list = value as readonly Json[];
  const after = list.map((item) => (typeof item === 'string' ? rename(item) : item));
  return after.some((item, i) => item !== list[i]) ? after : value;
}

/** Keys of this device become the server's ids: just before a request is sealed. */
export function toServerIds(facts: Facts, record: JsonObject, references: References): JsonObject {
  return renamed(record, references, (model, id) => {
    return aliasOf(facts.models[model], id) ?? id;
  });
}

/** The server's ids become keys of this device: whenever an answer or a page is read. */
export function toKeys(facts: Facts, record: JsonObject, references: References): JsonObject {
  return renamed(record, references, (model, id) => {
    const aliases = facts.models[model]?.aliases;
    return (aliases && getIn(aliases, id)) ?? id;
  });
}

/** The server's ids of these records, and of no other, take the place of this device's keys. */
export function withServerNames(
  record: JsonObject,
  references: References,
  names: readonly ServerName[],
): JsonObject {
  return renamed(record, references, (model, id) => {
    const known = names.find((name) => name.model === model && name.recordId === id);
    return known?.alias ?? id;
  });
}

/** The records that a record names, by model. */
export function namedIn(record: JsonObject, references: References): [model: string, id: string][] {
  const named: [string, string][] = [];
  renamed(record, references, (model, id) => {
    named.push([model, id]);
    return id;
  });
  return named;
}

/** Lanes of the records that a write names. */
export function lanesNamedBy(
  row: PersonRow,
  referencesOf: (model: string) => References | undefined,
): string[] {
  if (row.type !== 'recorded') return [];
  const { model, changes } = row.operation;
  return namedIn(changes, referencesOf(model) ?? {}).map(([other, id]) => laneKey(other, id));
}
