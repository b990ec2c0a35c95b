import { canonicalHost } from './canonical-host.ts';
import {
  type CredentialKey,
  coversRepository,
  type KeyMatching,
  parseCredentialKey,
} from './credential-key.ts';
import type { Credential } from './credentials.ts';
import { fullRepository } from './docker-hub.ts';
import { OciError } from './errors.ts';

type Holding =
  | { readonly kind: 'credential'; readonly credential: Credential }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'broken'; readonly what: string };

interface Entry extends CredentialKey {
  readonly holding: Holding;
}

/** A docker `config.json` or a secret of Kubernetes, read: who may be asked for which host, and which hosts a helper program answers for. */
export interface DockerConfig {
  /** Most specific first. */
  readonly entries: readonly Entry[];
  readonly matching: KeyMatching;
  /** Names of helpers by host. */
  readonly helpers: ReadonlyMap<string, string>;
  /** Name of the helper for all other hosts, when the file names one. */
  readonly defaultHelper?: string;
}

/** What a config has for a repository: credentials to try in turn, or a helper program to ask for this host. */
export type ConfigMatch =
  | { readonly kind: 'credentials'; readonly credentials: readonly Credential[] }
  | { readonly kind: 'helper'; readonly name: string };

export interface DockerConfigFormat {
  /** Default: exact, as docker; `kubelet` for secrets. */
  readonly matching?: KeyMatching;
  /** True for secrets of type `kubernetes.io/dockercfg`, which are the bare map of `auths`. */
  readonly bare?: boolean;
}

/** A kubelet refuses larger secrets (1 MiB), and no file made by hand comes near. */
const maxConfigLength = 1024 * 1024;
/** Candidates for one repository: each costs a request when it is wrong. */
const maxCandidates = 16;

/**
 * Reads a docker `config.json`, podman's `auth.json` or a secret of type `kubernetes.io/dockerconfigjson` or `kubernetes.io/dockercfg`. Keys
 * of `auths` are `[http[s]://]HOST[:PORT][/PATH]`; a path of `/v1/` or `/v2/` counts as none. `subject` names the file in errors, which never
 * hold its content.
 * @throws OciError `invalid`.
 */
export function parseDockerConfig(
  text: string,
  subject: string,
  { matching = 'exact', bare = false }: DockerConfigFormat = {},
): DockerConfig {
  if (text.length > maxConfigLength) {
    throw new OciError(
      'invalid',
      subject,
      `expected at most ${maxConfigLength} characters, got ${text.length}`,
    );
  }
  const document = parseObject(text, subject);
  const auths = bare ? document : objectField(document, 'auths', subject);
  const helpers = bare ? {} : objectField(document, 'credHelpers', subject);
  const store = bare ? undefined : document.credsStore;
  const entries = Object.entries(auths).map(([key, value]) => ({
    ...parseCredentialKey(key, matching),
    holding: parseHolding(value),
  }));
  return {
    entries: entries.sort(bySpecificity),
    matching,
    helpers: new Map(
      Object.entries(helpers).flatMap(([host, name]) =>
        typeof name === 'string' && name !== '' ? [[parseCredentialKey(host).host, name] as const] : [],
      ),
    ),
    ...(typeof store === 'string' && store !== '' ? { defaultHelper: store } : {}),
  };
}

/** Reverse order of the text, as a kubelet has it: longer paths before shorter ones, letters before wildcards. */
function bySpecificity(left: CredentialKey, right: CredentialKey): number {
  const [one, other] = [`${left.host}/${left.path}`, `${right.host}/${right.path}`];
  if (one === other) return 0;
  return one < other ? 1 : -1;
}

/**
 * What the config has for `HOST[:PORT]/REPOSITORY`: the helper of that host, else the most specific entry (all that fit, most specific first,
 * by the rules of a kubelet), else the helper for all hosts. No credentials when nothing fits.
 * @throws OciError `unsupported` when the entry that fits holds something that is no credential.
 */
export function matchDockerConfig(config: DockerConfig, host: string, repository: string): ConfigMatch {
  const wanted = { host: canonicalHost(host), path: fullRepository(host, repository) };
  const helper = config.helpers.get(wanted.host);
  if (helper !== undefined) return { kind: 'helper', name: helper };
  const fitting = config.entries.filter((entry) => coversRepository(entry, wanted, config.matching));
  const tried = config.matching === 'kubelet' ? fitting : fitting.slice(0, 1);
  const credentials = tried.flatMap((entry) => credentialsOf(entry.holding, host));
  if (credentials.length === 0 && config.defaultHelper !== undefined) {
    return { kind: 'helper', name: config.defaultHelper };
  }
  return { kind: 'credentials', credentials: credentials.slice(0, maxCandidates) };
}

function credentialsOf(holding: Holding, host: string): readonly Credential[] {
  if (holding.kind === 'credential') return [holding.credential];
  if (holding.kind === 'nothing') return [];
  throw new OciError('unsupported', host, `expected a credential in the config, got ${holding.what}`);
}

/** A broken entry spoils its own host alone: it is told when that host is asked for, not when the file is read. */
function parseHolding(value: unknown): Holding {
  if (!isObject(value)) return { kind: 'broken', what: 'an entry that is no object' };
  if (isFilled(value.identitytoken)) return parseIdentity(value.identitytoken, value);
  if (isFilled(value.registrytoken)) return parseBearer(value.registrytoken);
  if (isFilled(value.auth)) return parseAuth(String(value.auth));
  const { username, password } = value;
  if (typeof username === 'string' && username !== '' && typeof password === 'string') {
    return { kind: 'credential', credential: { kind: 'basic', username, password } };
  }
  return { kind: 'nothing' };
}

function parseIdentity(token: unknown, { auth }: Readonly<Record<string, unknown>>): Holding {
  if (typeof token !== 'string') return { kind: 'broken', what: 'an identity token that is no text' };
  const [username = ''] = typeof auth === 'string' ? decodeAuth(auth).split(':') : [];
  return { kind: 'credential', credential: { kind: 'identity', token, ...(username ? { username } : {}) } };
}

function parseBearer(token: unknown): Holding {
  if (typeof token !== 'string') return { kind: 'broken', what: 'a registry token that is no text' };
  return { kind: 'credential', credential: { kind: 'bearer', token } };
}

function parseAuth(auth: string): Holding {
  const decoded = decodeAuth(auth);
  const colon = decoded.indexOf(':');
  if (colon <= 0) return { kind: 'broken', what: 'an auth field that is not base64 of user:password' };
  return {
    kind: 'credential',
    credential: { kind: 'basic', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) },
  };
}

function decodeAuth(auth: string): string {
  return Buffer.from(auth, 'base64').toString('utf8');
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
