export type {
  CallRequest,
  ListRequest,
  PageParts,
  RestMethod,
  RestRequest,
  RestRequests,
  UrlParameters,
} from './ports/requests.ts';
export type { Auth, HeaderSource, RestOptions } from './rest/options.ts';
export { rest } from './rest/rest.ts';
