import type { DesiredState, OciRepository, SiteObject } from '../../src/api/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { readGivenFile } from './read-given-file.ts';

/** What options ask of an artifact. */
export interface DemandOptions {
  readonly policy: readonly string[];
  readonly key?: string;
  readonly certificateIdentity?: string;
  readonly certificateIdentityRegexp?: string;
  readonly certificateOidcIssuer?: string;
  readonly certificateOidcIssuerRegexp?: string;
  readonly trustedRoot?: string;
}

/** Policies, and the source that they are asked about. */
export interface Demand {
  readonly source: OciRepository;
  readonly desired: DesiredState;
}

/** Name of the source, and of the policy that options stand for. */
const commandLine = 'command-line';

/** Keys and roots have some kilobytes. */
const maxFileBytes = 1024 * 1024;

type Of<K extends SiteObject['kind']> = Extract<SiteObject, { kind: K }>;

const metadata = { namespace: 'default', name: commandLine, labels: {}, annotations: {} };

/** Written out as the schema would give it: whoever asks by one key waits for no schema. */
function sourceAt(url: string): OciRepository {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata,
    spec: {
      url,
      interval: 60_000,
      timeout: 60_000,
      ref: {},
      layerSelector: { operation: 'extract' },
      insecure: false,
      provider: 'generic',
      suspend: false,
    },
  };
}

type Policy = Of<'VerificationPolicy'>;

function policyBy(authority: Policy['spec']['authorities'][number]): Policy {
  return {
    apiVersion: 'sealift.dev/v1alpha1',
    kind: 'VerificationPolicy',
    metadata,
    spec: {
      match: { repositories: ['**'], sources: [] },
      mode: 'enforce',
      authorities: [authority],
      require: 'any',
      attestations: [],
      deny: { keys: [], identities: [], digests: [] },
      formats: ['bundle', 'legacy'],
      freshness: { order: 'none', expires: 'ifPresent' },
    },
  };
}

const nothing: DesiredState = { sources: [], deliveries: [], secrets: [], configMaps: [], policies: [] };

async function text(path: string, code: 'KEY_INVALID' | 'TRUST_INVALID'): Promise<string> {
  return Buffer.from(await readGivenFile(path, maxFileBytes, code)).toString();
}

async function byKey(key: string): Promise<DesiredState> {
  return { ...nothing, policies: [policyBy({ name: 'key', key: { data: await text(key, 'KEY_INVALID') } })] };
}

/** An object as configuration would give it, by the same schema. */
async function read<K extends SiteObject['kind']>(kind: K, written: object): Promise<Of<K>> {
  const { siteObjectSchema } = await import('../../src/api/index.ts');
  const parsed = siteObjectSchema.safeParse({ ...written, kind });
  if (parsed.success) return parsed.data as Of<K>;
  const [issue] = parsed.error.issues;
  throw new SealiftError('USAGE', 'sealift verify', issue?.message ?? 'expected other options');
}

async function byAuthority(
  authority: object,
  secret: Readonly<Record<string, string>>,
): Promise<DesiredState> {
  const { apiVersion } = policyBy({ name: 'none' });
  const spec = { match: { repositories: ['**'] }, authorities: [authority] };
  return {
    ...nothing,
    policies: [await read('VerificationPolicy', { apiVersion, metadata, spec })],
    secrets: [await read('Secret', { apiVersion: 'v1', metadata, stringData: secret })],
  };
}

async function byIdentity(options: DemandOptions): Promise<DesiredState> {
  const { certificateIdentity, certificateIdentityRegexp, trustedRoot } = options;
  const { certificateOidcIssuer, certificateOidcIssuerRegexp } = options;
  const identity = {
    ...(certificateIdentity === undefined ? {} : { subject: certificateIdentity }),
    ...(certificateIdentityRegexp === undefined ? {} : { subjectPattern: certificateIdentityRegexp }),
    ...(certificateOidcIssuer === undefined ? {} : { issuer: certificateOidcIssuer }),
    ...(certificateOidcIssuerRegexp === undefined ? {} : { issuerPattern: certificateOidcIssuerRegexp }),
  };
  const root = trustedRoot === undefined ? {} : { trustedRoot: { secretRef: { name: commandLine } } };
  const secret =
    trustedRoot === undefined ? {} : { 'trusted_root.json': await text(trustedRoot, 'TRUST_INVALID') };
  return byAuthority({ name: 'keyless', keyless: { identities: [identity], ...root } }, secret);
}

async function byPolicies(paths: readonly string[]): Promise<DesiredState> {
  const { parseConfiguration, readConfiguration } = await import('../../src/site/index.ts');
  const files = await Promise.all(paths.map(readConfiguration));
  const desired = parseConfiguration(files.flat());
  if (desired.policies.length > 0) return { ...desired, deliveries: [] };
  throw new SealiftError('CONFIG_INVALID', paths.join(', '), 'expected a VerificationPolicy, got none');
}

const identityOptions = [
  'certificateIdentity',
  'certificateIdentityRegexp',
  'certificateOidcIssuer',
  'certificateOidcIssuerRegexp',
  'trustedRoot',
] as const satisfies readonly (keyof DemandOptions)[];

function desiredBy(options: DemandOptions): Promise<DesiredState> {
  const asksIdentity = identityOptions.some((name) => options[name] !== undefined);
  const ways = [options.policy.length > 0, options.key !== undefined, asksIdentity].filter(Boolean).length;
  if (ways !== 1) {
    const got = ways === 0 ? 'none' : `${ways} of them`;
    const detail = `expected either --policy, --key, or --certificate-identity with --certificate-oidc-issuer, got ${got}`;
    throw new SealiftError('USAGE', 'sealift verify', detail);
  }
  if (options.key !== undefined) return byKey(options.key);
  return asksIdentity ? byIdentity(options) : byPolicies(options.policy);
}

function sourceOf(desired: DesiredState, url: string, named: string | undefined): OciRepository {
  if (named === undefined) return sourceAt(url);
  const source = desired.sources.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === named);
  if (source !== undefined) return { ...source, spec: { ...source.spec, url } };
  throw new SealiftError('OBJECT_NOT_FOUND', `OCIRepository/${named}`, 'expected it beside the policies');
}

/**
 * What is asked of an artifact in the repository `url`, in the words of configuration. With `named`, NAMESPACE/NAME, as of that source among
 * the policies, with its `spec.verify`.
 * @throws SealiftError USAGE, CONFIG_INVALID, KEY_INVALID, TRUST_INVALID, OBJECT_NOT_FOUND.
 */
export async function readDemand(
  url: string,
  options: DemandOptions,
  named: string | undefined,
): Promise<Demand> {
  const desired = await desiredBy(options);
  return { desired, source: sourceOf(desired, url, named) };
}
