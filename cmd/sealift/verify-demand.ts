import { type DesiredState, type OciRepository, siteObjectSchema } from '../../src/api/index.ts';
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

type Kind = 'OCIRepository' | 'VerificationPolicy' | 'Secret';

const apiVersions = {
  OCIRepository: 'source.toolkit.fluxcd.io/v1',
  VerificationPolicy: 'sealift.dev/v1alpha1',
  Secret: 'v1',
} as const satisfies Record<Kind, string>;

/** An object as configuration would give it, by the same schema. */
function object<K extends Kind>(
  kind: K,
  fields: object,
): Extract<ReturnType<typeof siteObjectSchema.parse>, { kind: K }> {
  const metadata = { name: commandLine };
  const written = { apiVersion: apiVersions[kind], kind, metadata, ...fields };
  const parsed = siteObjectSchema.safeParse(written);
  if (parsed.success) return parsed.data as Extract<typeof parsed.data, { kind: K }>;
  const [issue] = parsed.error.issues;
  throw new SealiftError('USAGE', 'sealift verify', issue?.message ?? 'expected other options');
}

const nothing: DesiredState = { sources: [], deliveries: [], secrets: [], configMaps: [], policies: [] };

async function text(path: string, code: 'KEY_INVALID' | 'TRUST_INVALID'): Promise<string> {
  return Buffer.from(await readGivenFile(path, maxFileBytes, code)).toString();
}

/** What a policy with this one authority asks, with the Secret that it names. */
function asPolicy(authority: object, secret: Readonly<Record<string, string>>): DesiredState {
  const authorities = [{ name: Object.keys(authority)[0], ...authority }];
  return {
    ...nothing,
    policies: [object('VerificationPolicy', { spec: { match: { repositories: ['**'] }, authorities } })],
    secrets: [object('Secret', { stringData: secret })],
  };
}

async function byKey(key: string): Promise<DesiredState> {
  return asPolicy({ key: { data: await text(key, 'KEY_INVALID') } }, {});
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
  return asPolicy({ keyless: { identities: [identity], ...root } }, secret);
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
  if (named === undefined) return object('OCIRepository', { spec: { url, interval: '1m' } });
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
