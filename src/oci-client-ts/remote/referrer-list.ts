import { readAll } from '../checked-content.ts';
import type { Descriptor } from '../descriptor.ts';
import { parseDigest } from '../digest.ts';
import { OciError } from '../errors.ts';
import { maxManifestBytes, parseManifest } from '../manifest.ts';
import { mediaTypes } from '../media-types.ts';
import type { Operation } from '../store.ts';
import type { Answer } from './answer.ts';
import { contentType } from './content-type.ts';
import type { Endpoint } from './endpoint.ts';
import { readFallback } from './fallback-referrers.ts';
import { nextPage } from './next-page.ts';
import { isRedirect } from './redirect-rule.ts';

/** Anybody who may push can add referrers; one artifact has signatures, attestations and deltas by the dozen. */
const maxReferrers = 5000;
const maxPages = 100;

export interface ReferrerQuery extends Operation {
  readonly artifactType?: string;
}

interface Page {
  readonly kind: 'page';
  readonly entries: readonly Descriptor[];
  readonly filtered: boolean;
  readonly next: URL | undefined;
}

/** The API is not there: not an outage, and not an empty list either. */
interface Unsupported {
  readonly kind: 'unsupported';
}

/**
 * Referrers by the API, or by the fallback tag where the API is missing or has nothing: older entries may be known there alone.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export async function* listReferrers(
  endpoint: Endpoint,
  subject: Descriptor,
  query: ReferrerQuery,
): AsyncGenerator<Descriptor, void, undefined> {
  const seen = new Set<string>();
  const fresh = (entries: readonly Descriptor[]): readonly Descriptor[] =>
    entries.filter((entry) => matches(entry, query.artifactType) && remember(endpoint, seen, entry));
  let total = 0;
  for await (const page of apiPages(endpoint, subject, query)) {
    total += page.entries.length;
    yield* fresh(page.filtered ? page.entries.map((entry) => assumeType(entry, query)) : page.entries);
  }
  if (total > 0) return;
  const fallback = await readFallback(endpoint, subject.digest, query);
  if (fallback?.manifest.kind === 'index') yield* fresh(fallback.manifest.manifests);
}

/** The registry has filtered; an entry without its type is then of the type that was asked for. */
function assumeType(entry: Descriptor, { artifactType }: ReferrerQuery): Descriptor {
  return entry.artifactType === undefined && artifactType !== undefined ? { ...entry, artifactType } : entry;
}

function matches(entry: Descriptor, artifactType: string | undefined): boolean {
  return artifactType === undefined || entry.artifactType === artifactType;
}

function remember(endpoint: Endpoint, seen: Set<string>, entry: Descriptor): boolean {
  if (seen.has(entry.digest)) return false;
  if (seen.size >= maxReferrers) throw tooMany(endpoint, `${maxReferrers} referrers`);
  seen.add(entry.digest);
  return true;
}

function tooMany(endpoint: Endpoint, limit: string): OciError {
  return new OciError('too-large', endpoint.name(), `expected at most ${limit} in the list, got more`);
}

async function* apiPages(
  endpoint: Endpoint,
  subject: Descriptor,
  query: ReferrerQuery,
): AsyncGenerator<Page, void, undefined> {
  parseDigest(subject.digest);
  const filter =
    query.artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(query.artifactType)}`;
  let page = await readPage(endpoint, `referrers/${subject.digest}${filter}`, query);
  for (let pages = 1; page.kind === 'page'; pages += 1) {
    yield page;
    if (page.next === undefined) return;
    if (pages >= maxPages) throw tooMany(endpoint, `${maxPages} pages`);
    page = await readPage(endpoint, page.next, query);
    if (page.kind === 'unsupported') {
      throw new OciError(
        'protocol',
        endpoint.name(subject.digest),
        'expected the next page of referrers, got none',
      );
    }
  }
}

/**
 * Whether the registry can be asked for referrers: some say that they list a manifest with its subject, and do not. Asked once for each host.
 * @throws OciError for an outage.
 */
export async function hasReferrersApi(
  endpoint: Endpoint,
  subject: string,
  options: Operation,
): Promise<boolean> {
  const { learned } = endpoint;
  if (learned.referrersApi === 'unknown') {
    const page = await readPage(endpoint, `referrers/${subject}`, options);
    learned.referrersApi = page.kind === 'page' ? 'yes' : 'no';
  }
  return learned.referrersApi === 'yes';
}

function readPage(endpoint: Endpoint, to: string | URL, { signal }: Operation): Promise<Page | Unsupported> {
  const subject = `referrers in ${endpoint.name()}`;
  const headers = { accept: mediaTypes.ociIndex };
  const call = { method: 'GET', to, headers, isAbsence: isUnsupported, subject, signal } as const;
  return endpoint.request(call, async (answer) => {
    if (isUnsupported(answer)) return { kind: 'unsupported' };
    await answer.expect(200);
    if (contentType(answer) !== mediaTypes.ociIndex) return { kind: 'unsupported' };
    const content = await readAll(answer.chunks(), maxManifestBytes, subject);
    return parsePage(content, answer, subject);
  });
}

const unsupportedStatuses: ReadonlySet<number> = new Set([400, 404, 405, 406]);

/**
 * How registries without the API say so: a missing route, a refusal of the request's form, a redirect to their web pages, or a 401 that asks
 * for nothing. 403, 429, 5xx and a 401 with a challenge are failures.
 */
function isUnsupported(answer: Answer): boolean {
  if (answer.status === 401) return answer.headers('www-authenticate').length === 0;
  return unsupportedStatuses.has(answer.status) || isRedirect(answer.status);
}

function parsePage(content: Uint8Array, answer: Answer, subject: string): Page | Unsupported {
  const index = parseIndex(content, subject);
  if (index === undefined) return { kind: 'unsupported' };
  return {
    kind: 'page',
    entries: index.manifests,
    filtered: isFiltered(answer, index.annotations),
    next: nextPage(answer.url, answer.headers('link'), subject),
  };
}

function isFiltered(answer: Answer, annotations: Readonly<Record<string, string>> | undefined): boolean {
  const header = answer.headers('oci-filters-applied').join(',');
  const older = annotations?.['org.opencontainers.referrers.filtersApplied'] ?? '';
  return `${header},${older}`.split(',').some((filter) => filter.trim() === 'artifactType');
}

/** Nothing when the document is no index at all; an index that is broken is an error. */
function parseIndex(content: Uint8Array, subject: string) {
  try {
    const manifest = parseManifest(content, mediaTypes.ociIndex);
    return manifest.kind === 'index' ? manifest : undefined;
  } catch (cause) {
    if (!claimsEntries(content)) return undefined;
    const detail = cause instanceof OciError ? cause.message : 'expected an index of referrers';
    throw new OciError('protocol', subject, detail, { cause });
  }
}

function claimsEntries(content: Uint8Array): boolean {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(content));
    return typeof document === 'object' && document !== null && 'manifests' in document;
  } catch {
    return false;
  }
}
