import { HttpResponse, http } from 'msw';
import type { JsonObject } from 'syncharts';
import type { ServerRequest } from './answers.ts';
import type { Network } from './network.ts';
import type { StoryServer } from './storyServer.ts';

const methods = ['GET', 'POST', 'PATCH', 'DELETE'] as const;

async function heard(request: Request, id: string | null): Promise<ServerRequest> {
  const { method, headers, url } = request;
  const text = await request.text();
  return {
    method: methods.find((each) => each === method) ?? 'GET',
    id,
    query: new URL(url).searchParams,
    // A structured field: a text stands in quotes.
    key: headers.get('Idempotency-Key')?.replaceAll('"', '') ?? null,
    ifMatch: headers.get('If-Match'),
    body: text === '' ? null : (JSON.parse(text) as JsonObject),
  };
}

/** A story's server behind its network, at the place where the kit's requests pass. */
export function serverHandlers(baseUrl: string, server: StoryServer, network: Network) {
  const answer = async (request: Request, id: string | null) => {
    if (!network.isCarrying) return HttpResponse.error();
    const fate = await server.handle(await heard(request, id));
    // An answer needs the network as well.
    if (fate === 'lost' || fate === 'through' || !network.isCarrying) return HttpResponse.error();
    const { status, headers, body } = fate;
    return HttpResponse.json(body as JsonObject, { status, headers });
  };
  return [
    http.all(`${baseUrl}/todos`, ({ request }) => answer(request, null)),
    http.all(`${baseUrl}/todos/:id`, ({ request, params }) => answer(request, String(params.id))),
  ];
}
