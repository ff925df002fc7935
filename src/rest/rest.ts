import { copyJson, isJsonObject, type JsonObject } from '../../store/json.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import { SyncError } from '../errors.ts';
import type { Env } from '../ports/env.ts';
import type { RestVerb } from '../ports/requests.ts';
import type {
  Addressed,
  Answer,
  BatchAnswer,
  Held,
  ModelWire,
  RemoteRecord,
  Transport,
  TransportFactory,
} from '../ports/transport.ts';
import { ifAddressed, isAbsolute, namesIn, partsOf } from './address.ts';
import { heldIn, pushAnswer } from './answers.ts';
import { batchAnswer, batchBody, isPassingBatch, sentMany, wayOfBatch } from './batch.ts';
import { checkRequest, checkRequests } from './checkRequests.ts';
import { createKeyring } from './credentials.ts';
import { type Heard, nothing } from './heard.ts';
import { listRequest, pagesByCursor } from './listAddress.ts';
import { isPassingPage, listAnswer, unaddressed } from './lists.ts';
import { isPassing, meaningOf } from './meanings.ts';
import type { RestOptions } from './options.ts';
import { readAnswer, readRequest } from './reads.ts';
import { resent } from './resend.ts';
import { sealRequest } from './seal.ts';
import { withoutSecretHeaders } from './secrets.ts';
import { type Settings, settingsOf } from './settings.ts';
import { type Way, wayOf } from './ways.ts';
import { createWire, isAllowed, type Outgoing } from './wire.ts';

/** ms; people wait for it. */
const probeTimeout = 10_000;

/**
 * Any REST server: POST, PATCH (merge patch) or PUT, DELETE with `Idempotency-Key` and `If-Match`;
 * pulls by cursor. A wire failure throws; everything a server says is an answer.
 *
 * @example createSync({ …, transport: rest({ baseUrl: 'https://api.example.com' }) })
 * @throws SyncError `badConfig`, with the path of the option
 */
export function rest(options: RestOptions): TransportFactory {
  const settings = settingsOf(options);
  const create = (env: Env) => createRest(env, settings);
  return Object.assign(create, {
    checkModel: (model: ModelWire) => checkModel(model, settings),
    checkCall: (model: ModelWire, verb: RestVerb, request: unknown) =>
      checkCall(model, verb, request, settings),
  });
}

function checkModel({ name, ids, versionField, requests }: ModelWire, settings: Settings): void {
  const refuse = (option: string, must: string): never => {
    throw new SyncError('badConfig', `createSync: models.${name}.${option} must ${must}`);
  };
  if (settings.versioning === 'field' && versionField === null) {
    refuse('version', "name the field of the version, for rest({ versioning: 'field' })");
  }
  const { origins, keyHeader } = settings;
  if (requests !== undefined)
    checkRequests('requests', requests, { refuse, origins, keyHeader, ids });
}

function checkCall(
  model: ModelWire,
  verb: RestVerb,
  request: unknown,
  settings: Settings,
): JsonObject {
  const refuse = (option: string, must: string): never => {
    throw new SyncError('badData', `${option} must ${must}`);
  };
  const { origins, keyHeader, requests } = settings;
  const checking = { refuse, origins, keyHeader, ids: model.ids, isCall: true };
  checkRequest('request', verb, request, checking, wayOf(requests, model, verb));
  const copied = copyJson(request);
  if (copied.ok && isJsonObject(copied.value)) return copied.value;
  return refuse('request', 'be plain data');
}

function createRest(env: Env, settings: Settings): Transport {
  const { origin, batch, keyHeader, requests } = settings;
  const keyring = createKeyring(settings.auth, settings.headers);
  const wire = createWire(env, settings, keyring);

  async function push(
    request: SealedRequest,
    model: ModelWire,
    signal: AbortSignal,
  ): Promise<Answer> {
    if (!isAllowed(request.path, settings)) return notAllowed();
    const way = wayOf(requests, model, request.kind, request.notes);
    const { method, path, query, body } = request;
    const outgoing = {
      method,
      path,
      query,
      body,
      headers: headersOf(request),
      timeout: way.timeoutMillis,
    };
    const asked = async () => {
      const heard = await wire.ask(outgoing, signal);
      return pushAnswer({ request, model, way, settings, heard, at: env.now() });
    };
    return resent(env, way.retryCount ?? 0, signal, asked, ({ kind }) => kind === 'retryLater');
  }

  /** A request on disk that names an origin that no option allows (any more). */
  function notAllowed(): Answer {
    const message = 'its url leads to an origin that rest({ origins }) does not name';
    return { kind: 'rejected', failure: { code: 'rejected', message, at: env.now() } };
  }

  function headersOf({
    key,
    ifMatch,
    contentType,
    headers,
  }: SealedRequest): Record<string, string> {
    const sent = withoutSecretHeaders(headers);
    // A structured string, as the draft has it; under other names the bare key.
    if (keyHeader !== null) sent[keyHeader] = keyHeader === 'idempotency-key' ? `"${key}"` : key;
    if (ifMatch !== null && settings.ifMatch) sent['if-match'] = ifMatch;
    if (contentType !== null) sent['content-type'] = contentType;
    return sent;
  }

  async function pushBatch(
    { url }: NonNullable<Settings['batch']>,
    all: readonly Addressed[],
    signal: AbortSignal,
  ): Promise<BatchAnswer> {
    const body = batchBody(all, settings);
    const headers = { 'content-type': 'application/json' };
    const { timeout, retryCount } = wayOfBatch(all, settings);
    const asked = async () => {
      const heard = await wire.ask({ method: 'POST', path: url, headers, body, timeout }, signal);
      return batchAnswer({ requests: all, settings, heard, at: env.now() });
    };
    return resent(env, retryCount, signal, asked, isPassingBatch);
  }

  async function check(model: ModelWire, signal: AbortSignal): Promise<boolean | Held> {
    const way = wayOf(requests, model, 'list');
    const { filter = {} } = model;
    const place = { model, cursor: null, limit: 1, offset: 0, filter };
    const outgoing = ifAddressed(() => listRequest(way, place));
    // There is no collection to ask (its address needs a part that the model's filter lacks): what is
    // twice not found by its own address is taken at its word.
    if (outgoing instanceof SyncError) return true;
    const asked = () => wire.ask({ ...outgoing, isGlance: true }, signal);
    const heard = await resent(env, way.retryCount ?? 0, signal, asked, ({ status }) =>
      isPassing(status),
    );
    return heldBy(heard, outgoing) ?? meaningOf(heard.status) === 'done';
  }

  /** What an answer says to everybody, with the origin whose word it is. */
  function heldBy(heard: Heard, { path }: Outgoing): Held | null {
    const held = heldIn(heard, env.now());
    return held && { ...held, origin: originOf(path) };
  }

  function originOf(path: string): string {
    return isAbsolute(path) && URL.canParse(path) ? new URL(path).origin : origin;
  }

  async function read(
    model: ModelWire,
    serverId: string,
    signal: AbortSignal,
    call?: Way,
  ): Promise<RemoteRecord | Held | null> {
    const way = wayOf(requests, model, 'read', call);
    const outgoing = ifAddressed(() => readRequest(way, model, serverId));
    if (outgoing instanceof SyncError) return null;
    const once = async () => {
      const heard = await wire.ask(outgoing, signal);
      const said = heldBy(heard, outgoing) ?? readAnswer({ model, serverId, way, settings, heard });
      const { status } = heard;
      // An answer that should have been the record and is none may be half of it.
      return {
        said,
        mayPass: said === null && (isPassing(status) || meaningOf(status) === 'done'),
      };
    };
    const asked = async () => {
      const count = way.retryCount ?? 0;
      return (await resent(env, count, signal, once, ({ mayPass }) => mayPass)).said;
    };
    const remote = await asked();
    if (remote !== 'unsure') return remote;
    // A bare 404 says that there is no such record, or no such address. It is said again where the
    // collection is found: neither one lying answer nor a deployment that just ends is believed.
    const isThere = await check(model, signal);
    if (isThere !== true) return isThere || null;
    const again = await asked();
    return again === 'unsure' ? nothing : again;
  }

  return {
    seal: (intent, model) => sealRequest(intent, model, settings),
    originOf,
    originOfReads: (model, verb, request) => {
      const { url = '' } = wayOf(requests, model, verb, request as Way | undefined);
      // No placeholder stands in an origin.
      return originOf(partsOf(url).origin);
    },
    push,
    abilities: (model) => {
      const { method } = wayOf(requests, model, 'update');
      const removal = wayOf(requests, model, 'delete');
      const hasBody = (removal.method ?? 'DELETE') !== 'DELETE';
      const named = namesIn(removal.url ?? '', removal.urlParameters);
      return {
        keys: keyHeader !== null,
        versions: settings.versioning !== 'none',
        versionedDeletes: settings.ifMatch || hasBody || named.has(model.versionField ?? ''),
        patches: method === undefined ? model.nulls === 'delete' : method !== 'PUT',
        batch: batch !== null,
        cursor: pagesByCursor(wayOf(requests, model, 'list')),
      };
    },
    ...(batch && {
      pushMany: (all: readonly Addressed[], signal: AbortSignal) =>
        sentMany(
          all,
          (requests) => pushBatch(batch, requests, signal),
          ({ request, model }) => push(request, model, signal),
        ),
      batchLimit: batch.limit,
    }),
    pull: async (request, signal) => {
      const way = wayOf(requests, request.model, 'list', request.request);
      // A page's versions stand under the ids of its records.
      const maps = [way.parts?.versions ?? 'versions'];
      const outgoing = ifAddressed(() => listRequest(way, request));
      if (outgoing instanceof SyncError) return unaddressed(outgoing, env.now());
      const asked = async () => {
        const heard = await wire.ask({ ...outgoing, maps }, signal);
        return listAnswer({ request, way, settings, heard, at: env.now() });
      };
      return resent(env, way.retryCount ?? 0, signal, asked, isPassingPage);
    },
    read,
    check,
    probe: async (models, signal) => {
      const path = settings.probe ?? models[0]?.endpoint ?? '';
      const query = settings.probe === null ? '?limit=1' : '';
      const timeout = Math.min(settings.timeout, probeTimeout);
      const glance = { method: 'GET', path, query, timeout, isGlance: true, isOpen: true } as const;
      const heard = await wire.ask(glance, signal);
      const { status } = heard;
      // Any answer will do: the server is there. A portal in front of it redirects, or says so.
      if (status === 0 || status === 511 || (status >= 300 && status < 400)) {
        throw new SyncError('remote', 'something in front of the server answered');
      }
      // It carries no credentials: that these are missing says nothing.
      const held = heldBy(heard, glance);
      return held?.by === 'pause' ? held : undefined;
    },
    clockOffset: wire.clockOffset,
    ...(keyring.refresh && { refresh: keyring.refresh }),
  };
}
