export type { Descriptor } from './descriptor.ts';
export type { OciErrorCode, OciErrorDetails } from './errors.ts';
export { OciError } from './errors.ts';
export type {
  Deleter,
  Fetcher,
  Operation,
  Prober,
  Pusher,
  ReadStore,
  ReferrerLister,
  Resolution,
  Resolver,
  Store,
  Tagger,
  TagLister,
  Validator,
} from './store.ts';
