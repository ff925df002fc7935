import { type Answer, problem, type ServerRequest } from './answers.ts';

/** What becomes of a request, or of its answer: on as usual, lost on the wire, or this instead. */
export type Fate = Answer | 'through' | 'lost';

export type Hook = (request: ServerRequest) => Fate | Promise<Fate>;

export const through: Hook = () => 'through';

/** No answer comes, and no end. */
export const silent: Hook = () => new Promise<Fate>(() => {});

export const lost: Hook = () => 'lost';

/** This status to everything. */
export function refusing(
  status: number,
  title: string,
  headers: Readonly<Record<string, string>> = {},
): Hook {
  const answer = problem(status, title);
  return () => ({ ...answer, headers });
}

export function slow(ms: number): Hook {
  return async (): Promise<Fate> => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return 'through';
  };
}

/** For writes alone; reads go through. */
export function onWrites(hook: Hook): Hook {
  return (request) => (request.method === 'GET' ? 'through' : hook(request));
}

/** For the first request alone that `hook` does not let through. */
export function once(hook: Hook): Hook {
  let isSpent = false;
  return async (request) => {
    if (isSpent) return 'through';
    const fate = await hook(request);
    if (fate !== 'through') isSpent = true;
    return fate;
  };
}
