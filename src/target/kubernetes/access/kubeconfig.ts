import { parse } from 'yaml';
import * as z from 'zod';
import { SealiftError } from '../../../core/index.ts';
import type { ClusterAccess, ExecPlugin, Impersonation, Login, Material } from './cluster-access.ts';

/** A file of https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export interface KubeconfigFile {
  readonly path: string;
  /** What relative paths in it begin at, with a slash at its end. */
  readonly folder: string;
  readonly text: string;
}

/** Absent, null and empty are one. */
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);
const texts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const cluster = z.object({
  server: text,
  'certificate-authority': text,
  'certificate-authority-data': text,
  'tls-server-name': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'proxy-url': text,
  extensions: z.array(z.object({ name: z.string(), extension: z.unknown().optional() })).nullish(),
});

const exec = z.object({
  apiVersion: text,
  command: z.string().min(1),
  args: texts,
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: text,
  provideClusterInfo: z.boolean().nullish(),
  interactiveMode: text,
});

const user = z.object({
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  exec: exec.nullish(),
  'auth-provider': z.unknown().optional(),
  as: text,
  'as-uid': text,
  'as-groups': texts,
  'as-user-extra': z.record(z.string(), z.array(z.string())).nullish(),
});

const context = z.object({ cluster: text, user: text });
const listOf = <K extends string, T extends z.ZodType>(key: K, value: T) =>
  z
    .array(z.object({ name: z.string(), [key]: value } as { name: z.ZodString } & Record<K, T>))
    .nullish()
    .transform((entries) => entries ?? []);

const kubeconfig = z.object({
  'current-context': text,
  clusters: listOf('cluster', cluster),
  users: listOf('user', user),
  contexts: listOf('context', context),
});

type Parsed = z.infer<typeof kubeconfig> & { readonly file: KubeconfigFile };
type Cluster = z.infer<typeof cluster>;
type User = z.infer<typeof user>;

/**
 * Access to the cluster of one context: the one that is named, else the current one. Of several files the first that has something wins.
 * @throws SealiftError CONFIG_INVALID or CONFIG_UNSUPPORTED, which repeats nothing that may be a secret.
 */
export function readKubeconfig(files: readonly KubeconfigFile[], contextName?: string): ClusterAccess {
  const parsed = files.map(parseFile);
  const subject = files.map(({ path }) => path).join(', ');
  const wanted =
    contextName ?? parsed.find((one) => one['current-context'] !== undefined)?.['current-context'];
  if (wanted === undefined) throw invalid(subject, 'expected a current-context, got none');
  const chosen = find(parsed, subject, 'context', wanted).context;
  const at = find(parsed, subject, 'cluster', chosen.cluster ?? '');
  const by = chosen.user === undefined ? undefined : find(parsed, subject, 'user', chosen.user);
  const impersonate = by && impersonationOf(by.user);
  return {
    ...clusterPart(at.cluster, at.file),
    login: by === undefined ? {} : loginOf(by.user, at.cluster, by.file),
    ...(impersonate === undefined ? {} : { impersonate }),
  };
}

function parseFile(file: KubeconfigFile): Parsed {
  let document: unknown;
  try {
    document = parse(file.text);
  } catch {
    // The parser's words quote the place, and that may be a token.
    throw invalid(file.path, 'expected YAML, got something else');
  }
  const result = kubeconfig.safeParse(document);
  if (result.success) return { ...result.data, file };
  const [issue] = result.error.issues;
  throw invalid(
    file.path,
    `${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'expected another form'}`,
  );
}

type Entry<K extends 'cluster' | 'user' | 'context'> = Parsed[`${K}s`][number] & {
  readonly file: KubeconfigFile;
};

function find<K extends 'cluster' | 'user' | 'context'>(
  parsed: readonly Parsed[],
  subject: string,
  kind: K,
  name: string,
): Entry<K> {
  const all = parsed.flatMap((one) => one[`${kind}s`].map((entry) => ({ ...entry, file: one.file })));
  const found = all.find((entry) => entry.name === name);
  if (found !== undefined) return found as Entry<K>;
  const names = [...new Set(all.map((entry) => entry.name))].join(', ');
  throw invalid(subject, `expected a ${kind} named "${name}", got ${names || 'none at all'}`);
}

function clusterPart(given: Cluster, file: KubeconfigFile): Omit<ClusterAccess, 'login'> {
  const serverName = given['tls-server-name'];
  const proxy = given['proxy-url'];
  const authority = material(file, given['certificate-authority-data'], given['certificate-authority']);
  const insecureSkipVerify = given['insecure-skip-tls-verify'] === true;
  if (insecureSkipVerify && authority !== undefined) {
    throw invalid(
      file.path,
      'insecure-skip-tls-verify: expected no certificate-authority beside it, got one',
    );
  }
  return {
    server: checkedServer(given.server, file),
    insecureSkipVerify,
    ...(authority === undefined ? {} : { authority }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(proxy === undefined ? {} : { proxy: checkedProxy(proxy, file) }),
  };
}

function loginOf(given: User, at: Cluster, file: KubeconfigFile): Login {
  if (given['auth-provider'] != null) {
    const detail = 'auth-provider: expected exec in its place, which took over from it';
    throw new SealiftError('CONFIG_UNSUPPORTED', file.path, detail);
  }
  // As kubectl has it: a file of the token wins over the token, and the data of a certificate over its file.
  const token: Material | undefined =
    given.tokenFile === undefined
      ? material(file, undefined, undefined, given.token)
      : fileOf(file, given.tokenFile);
  const certificate = material(file, given['client-certificate-data'], given['client-certificate']);
  const key = material(file, given['client-key-data'], given['client-key']);
  if ((certificate === undefined) !== (key === undefined)) {
    throw invalid(file.path, 'client-certificate: expected a certificate and its key, got one of them');
  }
  const { username, password = '' } = given;
  return {
    ...(token === undefined ? {} : { token }),
    ...(username === undefined ? {} : { basic: { username, password } }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
    ...(given.exec == null ? {} : { exec: pluginOf(given.exec, at, file) }),
  };
}

const execVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
/** https://kubernetes.io/docs/reference/config-api/client-authentication.v1/#client-authentication-k8s-io-v1-Cluster */
const execExtension = 'client.authentication.k8s.io/exec';

function pluginOf(given: z.infer<typeof exec>, at: Cluster, file: KubeconfigFile): ExecPlugin {
  const { apiVersion = '', command, args, installHint } = given;
  if (!execVersions.includes(apiVersion)) {
    throw invalid(file.path, `exec.apiVersion: expected ${execVersions.join(' or ')}, got "${apiVersion}"`);
  }
  if (given.interactiveMode === 'Always') {
    throw new SealiftError(
      'CONFIG_UNSUPPORTED',
      file.path,
      'exec.interactiveMode: expected IfAvailable or Never',
    );
  }
  const extension = at.extensions?.find(({ name }) => name === execExtension)?.extension;
  return {
    apiVersion,
    command: command.includes('/') ? pathIn(file, command) : command,
    args,
    environment: Object.fromEntries((given.env ?? []).map(({ name, value }) => [name, value])),
    provideClusterInfo: given.provideClusterInfo === true,
    ...(installHint === undefined ? {} : { installHint }),
    ...(extension === undefined ? {} : { config: extension }),
  };
}

function impersonationOf(given: User): Impersonation | undefined {
  const { as: name, 'as-uid': uid, 'as-groups': groups, 'as-user-extra': extra } = given;
  if (name === undefined) return undefined;
  return { user: name, groups, ...(uid === undefined ? {} : { uid }), ...(extra ? { extra } : {}) };
}

function material(file: KubeconfigFile, data?: string, path?: string, inline?: string): Material | undefined {
  if (inline !== undefined) return { kind: 'inline', text: inline };
  if (data !== undefined) return { kind: 'inline', text: Buffer.from(data, 'base64').toString('utf8') };
  return path === undefined ? undefined : fileOf(file, path);
}

function fileOf(file: KubeconfigFile, path: string): Material {
  return { kind: 'file', path: pathIn(file, path) };
}

function pathIn({ folder }: KubeconfigFile, path: string): string {
  return path.startsWith('/') ? path : `${folder}${path}`;
}

/** Credentials do not go over a network in the clear, and stand in no address: that is printed. */
function checkedServer(server: string | undefined, file: KubeconfigFile): string {
  const url = server === undefined ? null : URL.parse(server);
  const isLocal = url !== null && /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal);
  if (isSafe && url.username === '' && url.search === '') return url.href.replace(/\/+$/, '');
  throw invalid(file.path, 'server: expected https://HOST[:PORT][/PATH]');
}

/** May hold a password: no error repeats it. */
function checkedProxy(proxy: string, file: KubeconfigFile): string {
  const protocol = URL.parse(proxy)?.protocol;
  if (protocol === 'http:' || protocol === 'https:') return proxy;
  throw new SealiftError('CONFIG_UNSUPPORTED', file.path, 'proxy-url: expected http[s]://HOST:PORT');
}

function invalid(subject: string, detail: string): SealiftError {
  return new SealiftError('CONFIG_INVALID', subject, detail);
}
