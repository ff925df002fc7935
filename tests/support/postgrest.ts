import { http } from 'msw';

export type Row = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly updated_at: string;
};

const json = (body: unknown, status: number) => Response.json(body, { status });
const problem = (code: string, message: string, status: number) =>
  json({ code, message, details: null, hint: null }, status);

/**
 * One table behind PostgREST, as far as these tests speak to it: filters by `eq`, keyset pages by
 * `or`, `Prefer`, and a trigger that sets `updated_at`.
 */
export function postgrestTable(url: string, apikey: string) {
  const rows = new Map<string, Row>();
  let clock = 0;
  let isUnchangeable = false;
  const heard: Request[] = [];

  /** The trigger: microseconds, as Postgres prints them. */
  const written = (row: object): Row => {
    const micros = String(++clock).padStart(6, '0');
    return { ...(row as Row), updated_at: `2026-05-01T12:00:00.${micros}+00:00` };
  };
  const put = (row: object): Row => {
    const made = written(row);
    rows.set(made.id, made);
    return made;
  };

  function matching(query: URLSearchParams): Row[] {
    const wanted = [...query].filter(([, value]) => value.startsWith('eq.'));
    return [...rows.values()].filter((row) =>
      wanted.every(([column, value]) => String(row[column]) === value.slice(3)),
    );
  }

  /** `or=(updated_at.gt."T",and(updated_at.eq."T",id.gt."I"))` and no other form. */
  function after(row: Row, or: string | null): boolean {
    if (or === null) return true;
    const form = /^\(updated_at\.gt\."(.*)",and\(updated_at\.eq\."(.*)",id\.gt\."(.*)"\)\)$/;
    const [, above = '', equal = '', id = ''] = form.exec(or) ?? [];
    if (above === '') throw new Error(`PostgREST could not read ${or}`);
    return row.updated_at > above || (row.updated_at === equal && row.id > id);
  }

  function list(query: URLSearchParams): Row[] {
    const keyset = (row: Row) => `${row.updated_at} ${row.id}`;
    const found = matching(query).filter((row) => after(row, query.get('or')));
    found.sort((a, b) => (keyset(a) < keyset(b) ? -1 : 1));
    return found.slice(0, Number(query.get('limit') ?? found.length));
  }

  function insert(body: { id: string }, prefer: string): Response {
    const known = rows.get(body.id);
    if (known && !prefer.includes('resolution=merge-duplicates')) {
      return problem('23505', 'duplicate key value violates unique constraint "todos_pkey"', 409);
    }
    return given([put({ ...known, ...body })], prefer, 201);
  }

  /** Without `return=representation` there is no body. */
  const given = (changed: readonly Row[], prefer: string, status: number) =>
    prefer.includes('return=representation')
      ? json(changed, status)
      : new Response(null, { status: status === 200 ? 204 : status });

  async function answer(request: Request): Promise<Response> {
    heard.push(request.clone());
    if (request.headers.get('apikey') !== apikey) return problem('401', 'No API key found', 401);
    const query = new URL(request.url).searchParams;
    const prefer = request.headers.get('prefer') ?? '';
    const type = request.headers.get('content-type');
    const hasBody = request.method === 'POST' || request.method === 'PATCH';
    if (hasBody && type !== 'application/json') {
      return problem('PGRST102', `Content-Type not acceptable: ${type}`, 415);
    }
    switch (request.method) {
      case 'POST':
        return insert((await request.json()) as { id: string }, prefer);
      case 'PATCH': {
        const changes = (await request.json()) as object;
        const found = isUnchangeable ? [] : matching(query);
        return given(
          found.map((row) => put({ ...row, ...changes })),
          prefer,
          200,
        );
      }
      case 'DELETE': {
        const found = matching(query);
        for (const { id } of found) rows.delete(id);
        return given(found, prefer, 200);
      }
      default:
        return json(list(query), 200);
    }
  }

  return {
    handler: http.all(url, ({ request }) => answer(request)),
    ...{ rows, put, heard },
    /** Row level security lets nobody change a row; it does not say so: nothing matches. */
    forbidChanges: () => {
      isUnchangeable = true;
    },
  };
}
