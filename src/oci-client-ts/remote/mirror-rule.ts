import { canonicalHost } from '../canonical-host.ts';
import type { RegistryRequest } from './registry-request.ts';

/** What a mirror may be asked for: content by digest, which is checked; or what tags and lists say, which is believed. */
export type MirrorCapability = 'pull' | 'resolve';

/**
 * What a request needs of a mirror; nothing when it is no request for mirrors at all. What is asked in order to write is asked where it will be
 * written.
 */
export function neededCapability({ method, url, access }: RegistryRequest): MirrorCapability | undefined {
  if (isWrite(method) || servesWriting(access)) return undefined;
  const prefix = `/v2/${access.repository}/`;
  if (!url.pathname.startsWith(prefix)) return undefined;
  const [kind, name = ''] = url.pathname.slice(prefix.length).split('/');
  if (kind === 'blobs' && name !== 'uploads') return 'pull';
  if (kind === 'manifests') return decodeURIComponent(name).includes(':') ? 'pull' : 'resolve';
  return kind === 'tags' || kind === 'referrers' ? 'resolve' : undefined;
}

/**
 * Whether this reads a further page of a list that the mirror began. Nothing else may use a mirror's credentials because its address leads there:
 * upload locations are chosen by the registry, and a registry is no judge over its mirrors.
 */
export function continuesAt({ method, url, access }: RegistryRequest, place: MirrorPlace): boolean {
  if (url.origin !== place.origin.origin || url.origin === access.origin.origin) return false;
  if (method !== 'GET' || servesWriting(access)) return false;
  const prefix = `/v2/${repositoryAt(place, access.repository)}/`;
  return url.pathname.startsWith(prefix) && isList(url.pathname.slice(prefix.length));
}

const isList = (path: string): boolean =>
  /^(?:tags\/list|referrers\/[a-z0-9+._-]+:[a-zA-Z0-9=_-]+)$/.test(path);

function servesWriting({ actions }: RegistryRequest['access']): boolean {
  return actions.some((action) => action !== 'pull');
}

function repositoryAt({ pathPrefix }: MirrorPlace, repository: string): string {
  return pathPrefix === '' ? repository : `${pathPrefix}/${repository}`;
}

export function isWrite(method: RegistryRequest['method']): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

export interface MirrorPlace {
  readonly origin: URL;
  readonly host: string;
  /** Without slashes at its ends; empty for none. */
  readonly pathPrefix: string;
  /** True: it is told for which host it stands. */
  readonly namespace?: boolean;
}

/** The same request, put to a mirror: nothing that belongs to the upstream but names and `Accept` goes along. */
export function mirrorRequest(request: RegistryRequest, place: MirrorPlace): RegistryRequest {
  const { access, url } = request;
  const repository = repositoryAt(place, access.repository);
  const rest = url.pathname.slice(`/v2/${access.repository}/`.length);
  const here = url.origin === place.origin.origin;
  const asked = here ? url : new URL(`/v2/${repository}/${rest}${url.search}`, place.origin);
  if (!here && place.namespace === true) asked.searchParams.append('ns', canonicalHost(access.host));
  return {
    ...request,
    url: asked,
    access: { ...access, origin: place.origin, host: place.host, repository },
    subject: `${request.subject} from mirror ${place.host}`,
  };
}
