import { fullRepository, isDockerHub } from './docker-hub.ts';
import { OciError } from './errors.ts';

/** How to prove who asks. */
export interface Credential {
  readonly kind: 'basic';
  readonly username: string;
  readonly password: string;
}

/** Looks up the credential for a repository; absence means anonymous. */
export type CredentialSource = (
  host: string,
  repository: string,
) => Credential | undefined | Promise<Credential | undefined>;

type Holding =
  | { readonly kind: 'credential'; readonly credential: Credential }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unsupported'; readonly what: string };

interface Entry {
  readonly host: string;
  /** Without slashes at its ends; empty for the whole host. */
  readonly path: string;
  readonly holding: Holding;
}

/** A docker `config.json`, read: who may be asked for which host, and which hosts a helper program answers for. */
export interface DockerConfig {
  readonly entries: readonly Entry[];
  readonly helperHosts: ReadonlySet<string>;
  /** Name of the helper for all hosts, when the file names one. */
  readonly defaultHelper?: string;
}

/** A kubelet refuses larger secrets (1 MiB), and no file made by hand comes near. */
const maxConfigLength = 1024 * 1024;

/**
 * Reads a docker `config.json` or a secret of type `kubernetes.io/dockerconfigjson`. Keys of `auths` are `[http[s]://]HOST[:PORT][/PATH]`;
 * a path of `/v1/` or `/v2/` counts as none. `subject` names the file in errors, which never hold its content.
 * @throws OciError `invalid`.
 */
export function parseDockerConfig(text: string, subject: string): DockerConfig {
  if (text.length > maxConfigLength) {
    throw new OciError(
      'invalid',
      subject,
      `expected at most ${maxConfigLength} characters, got ${text.length}`,
    );
  }
  const document = parseObject(text, subject);
  const auths = objectField(document, 'auths', subject);
  const helpers = objectField(document, 'credHelpers', subject);
  const store = document.credsStore;
  return {
    entries: Object.entries(auths).map(([key, value]) => ({
      ...parseKey(key),
      holding: parseHolding(value),
    })),
    helperHosts: new Set(
      Object.entries(helpers)
        .filter(([, name]) => typeof name === 'string' && name !== '')
        .map(([host]) => parseKey(host).host),
    ),
    ...(typeof store === 'string' && store !== '' ? { defaultHelper: store } : {}),
  };
}

/**
 * The credential of the most specific entry for `HOST[:PORT]/REPOSITORY`: hosts are compared exactly (lower case, port 443 as none,
 * Docker Hub's names as one), paths as prefixes that end at a `/`. Absent when no entry fits.
 * @throws OciError `unsupported` when the entry that fits holds, or points at, a kind of credential this package cannot use.
 */
export function matchCredentials(
  config: DockerConfig,
  host: string,
  repository: string,
): Credential | undefined {
  const wanted = canonicalHost(host);
  const path = fullRepository(host, repository);
  const best = config.entries
    .filter((entry) => entry.host === wanted && isPathPrefix(entry.path, path))
    .reduce<Entry | undefined>(
      (found, entry) => (found === undefined || entry.path.length > found.path.length ? entry : found),
      undefined,
    );
  const holding = best?.holding ?? { kind: 'nothing' };
  if (holding.kind === 'credential') return holding.credential;
  if (holding.kind === 'unsupported') throw unsupported(host, holding.what);
  const helped = config.helperHosts.has(wanted) || (best !== undefined && config.defaultHelper !== undefined);
  if (helped) throw unsupported(host, 'a credential helper program');
  return undefined;
}

function unsupported(host: string, what: string): OciError {
  return new OciError('unsupported', host, `expected a user name and password in the config, got ${what}`);
}

function isPathPrefix(prefix: string, path: string): boolean {
  return prefix === '' || path === prefix || path.startsWith(`${prefix}/`);
}

function canonicalHost(host: string): string {
  const lower = host.toLowerCase().replace(/:443$/, '');
  return isDockerHub(lower) ? 'docker.io' : lower;
}

function parseKey(key: string): { readonly host: string; readonly path: string } {
  const bare = key.replace(/^https?:\/\//i, '');
  const slash = bare.indexOf('/');
  const host = slash === -1 ? bare : bare.slice(0, slash);
  const path = slash === -1 ? '' : bare.slice(slash).split('/').filter(Boolean).join('/');
  return { host: canonicalHost(host), path: path === 'v1' || path === 'v2' ? '' : path };
}

/** A broken entry spoils its own host alone: it is told when that host is asked for, not when the file is read. */
function parseHolding(value: unknown): Holding {
  if (!isObject(value)) return { kind: 'unsupported', what: 'an entry that is no object' };
  if (isFilled(value.identitytoken)) return { kind: 'unsupported', what: 'an identity token' };
  if (isFilled(value.registrytoken)) return { kind: 'unsupported', what: 'a registry token' };
  if (isFilled(value.auth)) return parseAuth(String(value.auth));
  const { username, password } = value;
  if (typeof username === 'string' && username !== '' && typeof password === 'string') {
    return { kind: 'credential', credential: { kind: 'basic', username, password } };
  }
  return { kind: 'nothing' };
}

function parseAuth(auth: string): Holding {
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon <= 0) return { kind: 'unsupported', what: 'an auth field that is not base64 of user:password' };
  return {
    kind: 'credential',
    credential: { kind: 'basic', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) },
  };
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The parser's own message quotes the text, which may hold a password: it is left out, and so is the cause. */
function parseObject(text: string, subject: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new OciError('invalid', subject, 'expected a docker config in JSON');
  }
  if (!isObject(document)) throw new OciError('invalid', subject, 'expected a JSON object');
  return document;
}

function objectField(
  document: Readonly<Record<string, unknown>>,
  key: string,
  subject: string,
): Readonly<Record<string, unknown>> {
  const value = document[key] ?? {};
  if (!isObject(value)) throw new OciError('invalid', subject, `${key}: expected an object`);
  return value;
}
