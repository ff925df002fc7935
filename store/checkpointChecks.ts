import { emptyFacts } from './facts.ts';
import { defaultJsonLimits, isJsonObject, isKeepable } from './json.ts';
import {
  type Check,
  isAnything,
  isBoolean,
  isCount,
  isName,
  isNumber,
  isObject,
  isString,
  isText,
  nullable,
  oneOf,
  optional,
  shape,
} from './rows/check.ts';
import { failure, operation, parkedParts, salvage, sealedRequest } from './rows/codecs.ts';

/** A page holds values of full depth some levels down. */
const pageLevels = defaultJsonLimits.depth + 8;

export const isPlain: Check = (value) => isKeepable(value, pageLevels);

function mapOf(check: Check): Check {
  return (value) =>
    isJsonObject(value) &&
    Object.entries(value).every(([name, part]) => isName(name) && check(part));
}

/** Names of origins are addresses, and '' is the one of the base URL. */
function originsOf(check: Check): Check {
  return (value) => isJsonObject(value) && Object.values(value).every(check);
}

const lane = { model: isName, recordId: isText };

/** What stands in the leaves of each tree; `records` are read by `decodeEntry`. */
const valueChecks: Readonly<Record<string, Check>> = {
  lanes: shape({
    ...lane,
    // A state of another build's machine is read from what the lane holds.
    state: isText,
    attempts: isCount,
    retryAt: nullable(isNumber),
    failure: nullable(failure),
    count: isCount,
    hidden: isCount,
    sealed: nullable(sealedRequest),
    sealedAt: optional(isCount),
    sealedOver: optional(isObject),
    parked: nullable(shape({ ...parkedParts, at: isNumber })),
    salvage: optional(salvage),
  }),
  outbox: operation,
  settlements: shape({
    succeeded: optional(isBoolean),
    outcome: oneOf('committed', 'merged', 'rejected', 'discarded', 'cancelled', 'lost', 'unknown'),
    at: isNumber,
    order: isText,
  }),
  settled: isText,
  conflictLog: shape({
    ...lane,
    at: isNumber,
    field: isString,
    local: isAnything,
    remote: isAnything,
    kept: optional(oneOf('remote')),
  }),
  quarantine: shape({ text: isString, lane: nullable(shape(lane)), reason: isString }),
  aliases: isText,
  former: nullable(isText),
};

/** Whether these can be the values of a leaf of this tree. */
export function areValues(tree: string, values: readonly unknown[]): boolean {
  const check = valueChecks[tree.split('/')[0] ?? ''];
  return check === undefined || values.every(check);
}

/** Texts in rising order; a branch's first stands for everything below the second. */
export function areKeys(keys: readonly unknown[], from: number): keys is readonly string[] {
  return keys.every(
    (key, at) => typeof key === 'string' && (at <= from || (keys[at - 1] as string) < key),
  );
}

const treeRoot = shape({ size: isCount, depth: isCount, page: nullable(isText) });
const progress = shape({
  ...{ cursor: nullable(isString), pulled: isBoolean, epoch: nullable(isString) },
  ...{ epochSince: isCount, filter: isString, filterSince: optional(isCount) },
  ...{ fullSince: nullable(isCount), listedSince: isCount, numericIds: optional(isBoolean) },
});
const smallFacts = shape({
  head: isCount,
  folded: isCount,
  generation: isCount,
  order: isCount,
  settledOrder: isCount,
  logOrder: isCount,
  lastSeen: mapOf(shape({ n: isCount, at: isNumber })),
  origins: originsOf(shape({ until: isNumber, failure })),
  lastSyncedAt: nullable(isNumber),
  lastFailure: nullable(failure),
});

/** Nothing that is derived, and nothing that this build does not know. */
function hasKnownNamesAlone(facts: unknown): boolean {
  const derived = ['places', 'attention', 'counts', 'models'];
  const known = Object.entries(emptyFacts([])).filter(
    ([name, value]) => !derived.includes(name) && !(isJsonObject(value) && 'root' in value),
  );
  const names = new Set(known.map(([name]) => name));
  return isJsonObject(facts) && Object.keys(facts).every((name) => names.has(name));
}

/** Whether this can be the root of a checkpoint of this build. */
export const isRoot: Check = (value) =>
  isPlain(value) &&
  shape({ facts: smallFacts, models: mapOf(progress), trees: mapOf(treeRoot) })(value) &&
  isJsonObject(value) &&
  hasKnownNamesAlone(value.facts);
