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
  listOf,
  mapOf,
  nullable,
  oneOf,
  optional,
  shape,
} from './check.ts';
import type { RowType } from './row.ts';

export const actionId = shape({ writer: isName, n: isCount });
const ids = listOf(isText);
export const failure = shape({
  code: isText,
  status: optional(isNumber),
  message: isString,
  at: isNumber,
  times: optional(isCount),
});

export const operation = shape({
  id: isText,
  model: isName,
  recordId: isText,
  kind: oneOf('create', 'update', 'upsert', 'delete'),
  changes: isObject,
  at: isNumber,
  visible: isBoolean,
  strategy: oneOf('optimistic', 'waitForRemote'),
  supersedes: optional(ids),
  dependsOn: optional(ids),
  request: optional(isObject),
  meta: optional(isAnything),
});

const requestFields = {
  key: isText,
  operationIds: ids,
  kind: oneOf('create', 'update', 'delete'),
  method: isText,
  path: isString,
  query: isString,
  contentType: nullable(isString),
  body: nullable(isString),
  ifMatch: nullable(isString),
  headers: optional(mapOf(isString)),
  notes: optional(isObject),
};

/** A request as it stands in a lane. */
export const sealedRequest = shape(requestFields);

const overwritten = listOf(
  shape({
    ...{ field: isString, local: isAnything, remote: isAnything },
    kept: optional(oneOf('remote')),
  }),
);
const conflict = shape({ remote: nullable(isObject), remoteVersion: nullable(isString) });
const lane = { model: isName, recordId: isText };
/** What a lane that waits for a person keeps of the row that parked it. */
export const parkedParts = {
  reason: oneOf('rejected', 'conflict'),
  operationIds: ids,
  failure,
  rollback: isBoolean,
  conflict: optional(nullable(conflict)),
};

/** How an operation had ended before its database was lost. */
export const ending = oneOf('rejected', 'merged', 'committed', 'discarded', 'cancelled');

/** The same, by id. */
export const endings = mapOf(ending);

/** What was known of a record whose base is lost. */
export const nameParts = { model: isName, recordId: isText, alias: isText };

export const salvage = shape({ base: nullable(isObject), version: nullable(isString) });

function row(fields: Readonly<Record<string, Check>>): Check {
  return shape({ actionId, at: isNumber, ...fields });
}

/** The shape of version 1 of each row; a change of any is a new version and an upcaster. */
export const rowChecks: Readonly<Record<RowType, Check>> = {
  recorded: row({ generation: isCount, operation }),
  sealed: row({ requests: listOf(shape({ ...lane, ...requestFields })) }),
  answered: row({
    ...lane,
    operationIds: ids,
    base: nullable(isObject),
    version: nullable(isString),
    alias: optional(isText),
    numericIds: optional(listOf(isName)),
  }),
  retryScheduled: row({ ...lane, attempts: isCount, retryAt: isNumber, failure }),
  parked: row({
    ...lane,
    reason: oneOf('rejected', 'conflict'),
    operationIds: ids,
    failure,
    rollback: isBoolean,
    conflict: optional(conflict),
  }),
  resolved: row({
    ...lane,
    by: oneOf('policy', 'person'),
    replaced: ids,
    operation: nullable(operation),
    outcome: optional(oneOf('discarded')),
    base: nullable(isObject),
    version: nullable(isString),
    overwritten,
  }),
  cancelled: row({ ...lane, operationIds: ids }),
  discarded: row({ ...lane, operationIds: ids }),
  retried: row({ ...lane, operationIds: ids, operation }),
  edited: row({ ...lane, operationIds: ids, operation, behind: nullable(operation) }),
  pulled: row({
    model: isName,
    items: listOf(
      shape({
        id: isText,
        record: isObject,
        version: nullable(isString),
        alias: optional(isText),
        overwritten: optional(overwritten),
      }),
    ),
    deleted: ids,
    since: nullable(isString),
    cursor: nullable(isString),
    complete: isBoolean,
    rewinds: optional(isBoolean),
    begins: optional(isBoolean),
    unchanged: optional(ids),
    epoch: optional(isText),
    filter: optional(isString),
    numericIds: optional(listOf(isName)),
  }),
  recovered: row({
    ...lane,
    from: isText,
    operations: listOf(operation),
    salvage,
    alias: optional(isText),
    sealed: nullable(sealedRequest),
    parked: nullable(shape(parkedParts)),
    ended: optional(endings),
    instead: optional(isBoolean),
  }),
  originPaused: row({ origin: isString, until: isNumber, failure }),
  purged: row({ generation: isCount }),
};
