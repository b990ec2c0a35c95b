import { parseDigest } from './digest.ts';
import { OciError } from './errors.ts';
import { isRegistryHost, isRepositoryName, isTag, maxRepositoryLength } from './name-grammar.ts';

interface Named {
  readonly tag?: string;
  readonly digest?: string;
}

export interface RegistryReference extends Named {
  readonly kind: 'registry';
  /** `HOST[:PORT]`, lower case. */
  readonly host: string;
  readonly repository: string;
}

export interface LayoutReference extends Named {
  readonly kind: 'layout';
  readonly directory: string;
}

/** An image layout in a tar. */
export interface ArchiveReference extends Named {
  readonly kind: 'archive';
  readonly file: string;
}

export type Reference = RegistryReference | LayoutReference | ArchiveReference;

const registryScheme = 'oci://';
const layoutScheme = 'oci-layout:';
const archiveScheme = 'oci-archive:';
/** As skopeo and podman write it. */
const shortLayoutScheme = 'oci:';

/** Longer than any path Linux opens (PATH_MAX) with a tag and a digest behind it. */
const maxReferenceLength = 4096 + 512;

/**
 * Reads `oci://HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]`, `oci-layout:DIRECTORY[:TAG][@DIGEST]`, for short `oci:DIRECTORY`, or
 * `oci-archive:FILE[:TAG][@DIGEST]`. Behind a path the last `@` starts a digest when `algorithm:encoded` follows it, and then the last `:`
 * starts a tag unless a `/` follows it: a path whose own last part holds a colon ends in `/`, or comes with a tag. Trailing slashes of the
 * path are dropped.
 * @throws OciError `invalid`, naming the part that is wrong.
 */
export function parseReference(text: string): Reference {
  if (text.length > maxReferenceLength) {
    throw fault(text, `expected at most ${maxReferenceLength} characters, got ${text.length}`);
  }
  if (text.startsWith(registryScheme)) return parseRegistry(text);
  for (const scheme of [layoutScheme, shortLayoutScheme]) {
    if (!text.startsWith(scheme)) continue;
    const { path, ...named } = parsePath(text, scheme, 'directory');
    return { kind: 'layout', directory: path, ...named };
  }
  if (text.startsWith(archiveScheme)) {
    const { path, ...named } = parsePath(text, archiveScheme, 'file');
    return { kind: 'archive', file: path, ...named };
  }
  throw fault(
    text,
    'expected oci://HOST/REPOSITORY, oci-layout:DIRECTORY or oci-archive:FILE, with [:TAG][@DIGEST]',
  );
}

/** The text that `parseReference` reads back as the same reference. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  if (reference.kind === 'registry') {
    return `${registryScheme}${reference.host}/${reference.repository}${tag}${digest}`;
  }
  const [scheme, path] =
    reference.kind === 'layout' ? [layoutScheme, reference.directory] : [archiveScheme, reference.file];
  const ambiguous = /[:@][^/]*$/.test(path);
  return `${scheme}${path}${ambiguous ? '/' : ''}${tag}${digest}`;
}

function parseRegistry(text: string): RegistryReference {
  const rest = text.slice(registryScheme.length);
  const slash = rest.indexOf('/');
  const host = (slash === -1 ? rest : rest.slice(0, slash)).toLowerCase();
  if (host.includes('@')) {
    throw fault(text, 'expected no user or password before the host; credentials are given apart');
  }
  if (!isRegistryHost(host)) throw fault(text, `expected HOST or HOST:PORT, got ${quote(host)}`);
  if (slash === -1) throw fault(text, 'expected a repository after the host, got none');
  const { name, digest } = splitDigest(text, rest.slice(slash + 1));
  const colon = name.indexOf(':');
  const repository = colon === -1 ? name : name.slice(0, colon);
  checkRepository(text, host, repository);
  return {
    kind: 'registry',
    host,
    repository,
    ...(colon === -1 ? {} : { tag: checkedTag(text, name.slice(colon + 1)) }),
    ...digest,
  };
}

function splitDigest(text: string, rest: string): { readonly name: string; readonly digest: Named } {
  const at = rest.indexOf('@');
  if (at === -1) return { name: rest, digest: {} };
  return { name: rest.slice(0, at), digest: { digest: checkedDigest(text, rest.slice(at + 1)) } };
}

function checkRepository(text: string, host: string, repository: string): void {
  const length = host.length + 1 + repository.length;
  if (length > maxRepositoryLength) {
    throw fault(
      text,
      `expected at most ${maxRepositoryLength} characters of host and repository, got ${length}`,
    );
  }
  if (!isRepositoryName(repository)) {
    throw fault(
      text,
      `expected a repository of lower-case letters, digits and single separators, got ${quote(repository)}`,
    );
  }
}

function parsePath(text: string, scheme: string, what: string): Named & { readonly path: string } {
  const rest = text.slice(scheme.length);
  const at = rest.lastIndexOf('@');
  const behind = rest.slice(at + 1);
  const hasDigest = at !== -1 && behind.includes(':') && !behind.includes('/');
  const name = hasDigest ? rest.slice(0, at) : rest;
  const colon = name.lastIndexOf(':');
  const hasTag = colon !== -1 && !name.slice(colon).includes('/');
  return {
    path: checkedPath(text, `a ${what} after ${scheme}`, hasTag ? name.slice(0, colon) : name),
    ...(hasTag ? { tag: checkedTag(text, name.slice(colon + 1)) } : {}),
    ...(hasDigest ? { digest: checkedDigest(text, behind) } : {}),
  };
}

/** C0 controls and DEL: a path that holds one came from a mistake or an attack, and breaks every log line. */
const controlCharacter = /\p{Cc}/u;

function checkedPath(text: string, wanted: string, path: string): string {
  if (path === '') throw fault(text, `expected ${wanted}, got none`);
  if (controlCharacter.test(path)) throw fault(text, `expected ${wanted} without control characters`);
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

function checkedTag(text: string, tag: string): string {
  if (isTag(tag)) return tag;
  throw fault(text, `expected a tag of 1 to 128 letters, digits, '_', '.', '-', got ${quote(tag)}`);
}

function checkedDigest(text: string, digest: string): string {
  try {
    parseDigest(digest);
  } catch (cause) {
    throw fault(text, cause instanceof OciError ? cause.message : 'not a digest', cause);
  }
  return digest;
}

function fault(text: string, detail: string, cause?: unknown): OciError {
  return new OciError('invalid', `reference ${quote(withoutUser(text))}`, detail, { cause });
}

/** Somebody may have written a password before the host: what stands before an `@` that starts no digest is not repeated. */
function withoutUser(text: string): string {
  const at = text.lastIndexOf('@');
  if (at === -1 || !text.startsWith(registryScheme)) return text;
  const startsDigest = text.indexOf('/', registryScheme.length) < at && !text.includes('/', at);
  const isUser = !startsDigest || text.indexOf('/', registryScheme.length) === -1;
  return isUser ? `${registryScheme}...${text.slice(at)}` : text;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}...` : text);
}
