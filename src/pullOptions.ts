import { SyncError } from './errors.ts';

/** Plain values that a list is asked with, and that its records have where they are fields. */
export type Filter = Readonly<Record<string, string | number | boolean | null>>;

/** What a model may say about its pulls. */
export interface ModelPullOptions {
  /** Only this part of the collection is kept here; sent with every pull as parameters. */
  readonly filter?: Filter;
  /** Records asked for in one page. Default 1,000. */
  readonly pageSize?: number;
  /**
   * How much a pull may remove before a person is asked: more than `share` of the records (0.2) and
   * more than `records` (20). False: it is never asked.
   */
  readonly massDelete?: { readonly share?: number; readonly records?: number } | false;
}

/** Both must be exceeded. */
export interface MassDeleteLimit {
  /** 0 … 1 of the records of the model. */
  readonly share: number;
  readonly records: number;
}

/** The same, checked and whole. */
export interface PullSettings {
  readonly filter: Filter;
  readonly pageSize: number;
  readonly massDelete: MassDeleteLimit;
}

const largestPage = 100_000;

function refuse(option: string, must: string, code: 'badConfig' | 'badData' = 'badConfig'): never {
  throw new SyncError(code, `${option} must ${must}`);
}

/**
 * A filter as it is kept: a copy of plain values.
 * @throws SyncError with this code, for anything that a parameter could not say
 */
export function checkedFilter(
  filter: Filter,
  option: string,
  code?: 'badConfig' | 'badData',
): Filter {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    refuse(option, 'be an object of plain values', code);
  }
  for (const [field, value] of Object.entries(filter)) {
    const plain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
    if (!plain || (typeof value === 'number' && !Number.isFinite(value))) {
      refuse(`${option}.${field}`, 'be a text, a number, true, false or null', code);
    }
  }
  return { ...filter };
}

/** The filter as canonical text; '' for none: what a cursor belongs to. */
export function filterText(filter: Filter): string {
  const fields = Object.keys(filter).sort();
  return fields.length === 0 ? '' : JSON.stringify(fields.map((field) => [field, filter[field]]));
}

/** @throws SyncError `badConfig`, with the name of the option */
export function checkedPullOptions(options: ModelPullOptions): PullSettings {
  const { filter = {}, pageSize = 1_000, massDelete = {} } = options;
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > largestPage) {
    refuse('defineModel: pageSize', `be a whole number from 1 to ${largestPage}`);
  }
  return {
    filter: checkedFilter(filter, 'defineModel: filter'),
    pageSize,
    massDelete: massDelete === false ? { share: 1, records: Infinity } : checkedLimit(massDelete),
  };
}

function checkedLimit(limit: Partial<MassDeleteLimit>): MassDeleteLimit {
  if (typeof limit !== 'object' || limit === null) {
    refuse('defineModel: massDelete', 'be an object of limits, or false');
  }
  const { share = 0.2, records = 20 } = limit;
  if (!(share >= 0 && share <= 1)) refuse('defineModel: massDelete.share', 'be from 0 to 1');
  if (!(records >= 0)) refuse('defineModel: massDelete.records', 'be 0 or more');
  return { share, records };
}

/**
 * Where in the server's list is asked, as a call says it.
 * @throws SyncError `badData`, with the name of what can't be meant
 */
export function checkPosition(
  call: string,
  { limit, offset, since }: { limit?: number; offset?: number; since?: string },
): void {
  const isCount = (value: number | undefined, least: number) =>
    value === undefined || (Number.isSafeInteger(value) && value >= least);
  if (!isCount(limit, 1)) refuse(`${call}: limit`, 'be a whole number from 1', 'badData');
  if (!isCount(offset, 0)) refuse(`${call}: offset`, 'be a whole number from 0', 'badData');
  if (since !== undefined && (typeof since !== 'string' || since === '')) {
    refuse(`${call}: since`, "be one of the server's cursors", 'badData');
  }
}
