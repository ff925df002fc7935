import { aliasOf, type Facts, laneKey } from '../../../store/facts.ts';
import type { Json, JsonObject } from '../../../store/json.ts';
import { getIn } from '../../../store/pages.ts';
import type { PersonRow, ServerName } from '../../../store/rows/row.ts';
import { asNumber } from '../../ids.ts';

/** Which model the records are of that a field names, by field. */
export type References = Readonly<Record<string, string>>;

/** What stands for an id, in the place of the value that it is. */
type Rename = (model: string, id: string, value: string | number) => string | number;

/** The same object where nothing is renamed. */
function renamed(record: JsonObject, references: References, rename: Rename): JsonObject {
  let next: Record<string, Json> | null = null;
  for (const [field, model] of Object.entries(references)) {
    if (!Object.hasOwn(record, field)) continue;
    const before = record[field] as Json;
    const after = renamedValue(before, (value) => rename(model, String(value), value));
    if (after === before) continue;
    next ??= { ...record };
    next[field] = after;
  }
  return next ?? record;
}

/** A field names one record or several; a server may write ids as numbers. */
function renamedValue(value: Json, rename: (id: string | number) => string | number): Json {
  if (isId(value)) return rename(value);
  if (!Array.isArray(value)) return value;
  const list = value as readonly Json[];
  const after = list.map((item) => (isId(item) ? rename(item) : item));
  return after.some((item, i) => item !== list[i]) ? after : value;
}

function isId(value: Json): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

/**
 * Keys of this device become the server's ids, numbers where it writes them so: just before a request
 * is sealed.
 */
export function toServerIds(facts: Facts, record: JsonObject, references: References): JsonObject {
  return renamed(record, references, (model, id, value) => {
    const known = facts.models[model];
    const serverId = aliasOf(known, id) ?? id;
    if (known?.numericIds) return asNumber(serverId);
    return serverId === id ? value : serverId;
  });
}

/** The server's ids become keys of this device, which are text: whenever an answer or a page is read. */
export function toKeys(facts: Facts, record: JsonObject, references: References): JsonObject {
  return renamed(record, references, (model, id) => {
    const aliases = facts.models[model]?.aliases;
    return (aliases && getIn(aliases, id)) ?? id;
  });
}

/** References that are numbers become the keys that they are meant as: when a person writes them. */
export function withKeys(record: JsonObject, references: References): JsonObject {
  return renamed(record, references, (_, id) => id);
}

/** Models of which these records of the server's show for the first time that their ids are numbers. */
export function newNumericIds(
  facts: Facts,
  { model, references }: { readonly model: string; readonly references: References },
  records: readonly JsonObject[],
): string[] {
  const open: [field: string, model: string][] = [['id', model], ...Object.entries(references)];
  return [
    ...new Set(
      open.flatMap(([field, name]) => {
        if (facts.models[name]?.numericIds) return [];
        return records.some((record) => hasNumber(record, field)) ? [name] : [];
      }),
    ),
  ];
}

function hasNumber(record: JsonObject, field: string): boolean {
  const value = Object.hasOwn(record, field) ? record[field] : undefined;
  if (typeof value !== 'object') return typeof value === 'number';
  return Array.isArray(value) && value.some((item) => typeof item === 'number');
}

/** The server's ids of these records, and of no other, take the place of this device's keys. */
export function withServerNames(
  record: JsonObject,
  references: References,
  names: readonly ServerName[],
): JsonObject {
  return renamed(record, references, (model, id, value) => {
    const known = names.find((name) => name.model === model && name.recordId === id);
    return known?.alias ?? value;
  });
}

/** The records that a record names, by model. */
export function namedIn(record: JsonObject, references: References): [model: string, id: string][] {
  const named: [string, string][] = [];
  renamed(record, references, (model, id, value) => {
    named.push([model, id]);
    return value;
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
