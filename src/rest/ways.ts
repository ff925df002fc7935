import type { JsonObject } from '../../store/json.ts';
import type { ListRequest, RestRequest, RestRequests, RestVerb } from '../ports/requests.ts';
import type { ModelWire } from '../ports/transport.ts';

/** How a request travels: what all models, its model and its call say, laid over each other. */
export type Way = Omit<ListRequest, 'method'> & Pick<RestRequest, 'method'>;

const usual: Way = {};
/** Objects whose fields are laid over each other, too. */
const layered = ['urlParameters', 'headers', 'supplementalTopLevelData', 'parts'] as const;

/** The way of a verb; the later the level, the more it counts. */
export function wayOf(
  requests: RestRequests,
  model: ModelWire,
  verb: RestVerb,
  call?: JsonObject | RestRequest | null,
): Way {
  const levels = [requests[verb], model.requests?.[verb], call as Way | null | undefined];
  let way = usual;
  for (const level of levels) {
    if (!level) continue;
    way = way === usual ? (level as Way) : over(way, level as Way);
  }
  return way;
}

function over(below: Way, above: Way): Way {
  const both: Record<string, unknown> = { ...below, ...above };
  for (const name of layered) {
    if (below[name] && above[name]) both[name] = { ...below[name], ...above[name] };
  }
  return both as Way;
}

/** The value under a path with dots; undefined where there is none. */
export function valueAt(object: unknown, path: string): unknown {
  let value: unknown = object;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
