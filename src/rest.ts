export type { Auth, HeaderSource, RestOptions } from './rest/options.ts';
export { rest } from './rest/rest.ts';
