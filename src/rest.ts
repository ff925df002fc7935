export { type HeaderSource, type RestOptions, rest } from './rest/rest.ts';
