import type { Failure, FailureCode } from '../../machines/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../../store/json.ts';
import type { SyncError } from '../errors.ts';
import type {
  ModelWire,
  PullAnswer,
  PulledRecord,
  PulledTombstone,
  PullRequest,
} from '../ports/transport.ts';
import { misdeployed, paused, unauthorized } from './answers.ts';
import { dataIn } from './data.ts';
import {
  fieldVersion,
  type Heard,
  idOf,
  reasonIn,
  textIn,
  type Versions,
  versionIn,
} from './heard.ts';
import { pageLimit, pagesByCursor, pagesByPlace } from './listAddress.ts';
import { isPassing, type Meaning, meaningOf } from './meanings.ts';
import { retryIn } from './retryAfter.ts';
import type { Settings } from './settings.ts';
import { valueAt, type Way } from './ways.ts';

/** A page that was asked for, and what was heard of it. */
export interface Listing {
  readonly request: PullRequest;
  readonly way: Way;
  readonly settings: Pick<Settings, 'versioning' | 'answerLimit'>;
  readonly heard: Heard;
  /** ms since 1970 */
  readonly at: number;
}

/** What each meaning comes to for a page of records. */
const answers: { readonly [M in Meaning]: (listing: Listing) => PullAnswer } = {
  done: page,
  // From the start there is no cursor that could be too old.
  gone: (listing) => (listing.request.cursor === null ? misdeployed(listing) : { kind: 'expired' }),
  notFound: misdeployed,
  misdeployed,
  unauthorized: ({ heard, at }) => unauthorized(heard, at),
  paused: ({ heard, at }) => paused(heard, at),
  unavailable: (listing) =>
    retryIn(listing.heard, listing.at) === null
      ? failed(listing, 'server')
      : paused(listing.heard, listing.at),
  underWay: (listing) => failed(listing, 'underWay'),
  forbidden: (listing) => failed(listing, 'forbidden'),
  refused: (listing) => failed(listing, 'rejected'),
  tooLarge: (listing) => failed(listing, 'tooLarge'),
  contested: (listing) => failed(listing, 'server'),
  changed: (listing) => failed(listing, 'server'),
  later: (listing) => failed(listing, 'server'),
  unreadable: (listing) => failed(listing, 'unreadable'),
};

/** The answer to a pull. */
export function listAnswer(listing: Listing): PullAnswer {
  return answers[meaningOf(listing.heard.status)](listing);
}

/** Whether another answer may come at once. */
export function isPassingPage(answer: PullAnswer): boolean {
  if (answer.kind !== 'failed') return false;
  const { code, status } = answer.failure;
  return code === 'unreadable' || (status !== undefined && isPassing(status));
}

/** There is no address to ask: the url names what neither the filter nor the page has. */
export function unaddressed({ message }: SyncError, at: number): PullAnswer {
  return { kind: 'failed', failure: { code: 'misdeployed', message, at } };
}

function failed(
  { heard, at }: Listing,
  code: FailureCode,
  message = reasonIn(heard),
): { readonly kind: 'failed'; readonly failure: Failure } {
  return { kind: 'failed', failure: { code, status: heard.status, message, at } };
}

/** Names under which servers hand out a list. */
const listNames = ['items', 'data', 'results', 'records'] as const;

function page(listing: Listing): PullAnswer {
  const { request, way, settings, heard } = listing;
  const { model } = request;
  const { body } = heard;
  const unreadable = (message: string) => failed(listing, 'unreadable', message);
  const data = dataIn(body, way, settings.answerLimit, request.cursor);
  if (data.kind === 'unreadable') return unreadable(data.reason);
  if (data.kind === 'none') return unreadable('the answer is no list');
  // What the data does not say of the page may stand around it.
  const around = body.kind === 'json' && isJsonObject(body.value) ? body.value : {};
  const inner = isJsonObject(data.value) ? data.value : {};
  const part = (name: keyof NonNullable<Way['parts']>): Json | undefined => {
    const path = way.parts?.[name] ?? name;
    return (valueAt(inner, path) ?? valueAt(around, path)) as Json | undefined;
  };
  const list = listIn(data.value, model, way);
  if (!list) return unreadable('the answer is no list');
  const told = part('versions');
  const versions = isJsonObject(told) ? told : {};
  const mode: Versions = { versioning: settings.versioning, versionField: model.versionField };
  const items: PulledRecord[] = [];
  for (const record of list) {
    const id = isJsonObject(record) ? idOf(record) : null;
    if (id === null || !isJsonObject(record)) return unreadable('an item has no id');
    items.push({ id, record, ...revision(versions, id, record, mode) });
  }
  const deleted = tombstones(part('deleted'));
  if (!deleted) return unreadable('the tombstones are none');
  // A page by place may call anything a cursor: it is never sent.
  const cursor = markIn(pagesByCursor(way) ? part('cursor') : null);
  if (cursor === undefined) return unreadable('the cursor is neither text nor a number');
  const epoch = markIn(part('epoch'));
  if (epoch === undefined) return unreadable('the epoch is neither text nor a number');
  return {
    kind: 'page',
    items,
    deleted,
    cursor,
    hasMore: hasMore(listing, part('hasMore'), items.length),
    epoch,
  };
}

function listIn(data: Json, model: ModelWire, way: Way): readonly Json[] | null {
  if (Array.isArray(data)) return data as readonly Json[];
  const path = way.parts?.items;
  const names = path === undefined ? [...listNames, model.name] : [path];
  const found = names.map((name) => valueAt(data, name)).find(Array.isArray);
  return found ? (found as readonly Json[]) : null;
}

/** A cursor or an epoch; null: there is none. Undefined: there is, but none that could be sent back. */
function markIn(value: Json | undefined): string | null | undefined {
  if (value === undefined || value === null || value === '' || value === false) return null;
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}

/** Where the server does not say it, pages by place go on after a full one. */
function hasMore({ request, way }: Listing, told: Json | undefined, received: number): boolean {
  if (typeof told === 'boolean') return told;
  // A part of another name may be the next page's address, or how many are left.
  if (way.parts?.hasMore !== undefined) return Boolean(told);
  return pagesByPlace(way) && received >= pageLimit(way, request);
}

/** A record's version, from the field, or from the list of versions beside the items. */
function revision(
  versions: JsonObject,
  id: string,
  record: JsonObject,
  mode: Versions,
): Pick<PulledRecord, 'version' | 'lastOperationId'> {
  const entry = Object.hasOwn(versions, id) ? versions[id] : undefined;
  const told = isJsonObject(entry) ? entry : { version: entry ?? null };
  const version = mode.versioning === 'none' ? null : versionIn(told.version);
  return {
    version: fieldVersion(record, mode) ?? version,
    lastOperationId: textIn(told, 'lastOperationId'),
  };
}

function tombstones(deleted: Json | undefined): PulledTombstone[] | null {
  if (deleted === undefined || deleted === null) return [];
  if (!Array.isArray(deleted)) return null;
  const found: PulledTombstone[] = [];
  for (const item of deleted as readonly Json[]) {
    const tombstone = isJsonObject(item) ? item : { id: item };
    const id = idOf(tombstone);
    if (id === null) return null;
    found.push({ id, version: versionIn(tombstone.version) });
  }
  return found;
}
