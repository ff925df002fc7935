import type { CallListRequest, CallRequest } from '../../ports/requests.ts';
import type { ModelWire, Transport } from '../../ports/transport.ts';

/** The origin that a page of a model, or one record by its id, is asked of. */
export function originAsked(
  transport: Transport,
  model: ModelWire,
  verb: 'read' | 'list',
  request?: CallRequest | CallListRequest,
): string {
  return (
    transport.originOfReads?.(model, verb, request) ?? transport.originOf?.(model.endpoint) ?? ''
  );
}
