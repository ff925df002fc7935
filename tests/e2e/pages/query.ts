/** How the page is to be made; in the query string. */
export interface PageQuery {
  /** Of the database. */
  readonly name: string;
  readonly api: string;
  /** `early`: the planted fault of `earlyStorage.ts`. */
  readonly storage: 'real' | 'early';
  /** `single`: there is no second shelf. */
  readonly durability: 'double' | 'single';
  /** ms until a request without an answer is given up. */
  readonly timeout: number;
  /** ms until a database that does not open is given up; Infinity: the kit's own deadline. */
  readonly openDeadline: number;
}

export function readQuery(search: string): PageQuery {
  const given = new URLSearchParams(search);
  return {
    name: given.get('name') ?? 'app',
    api: given.get('api') ?? '',
    storage: given.get('storage') === 'early' ? 'early' : 'real',
    durability: given.get('durability') === 'single' ? 'single' : 'double',
    timeout: Number(given.get('timeout') ?? 10_000),
    openDeadline: Number(given.get('openDeadline') ?? Number.POSITIVE_INFINITY),
  };
}

export function writeQuery(query: Partial<PageQuery>): string {
  const entries = Object.entries(query).map(([key, value]) => [key, String(value)]);
  return `?${new URLSearchParams(entries)}`;
}
