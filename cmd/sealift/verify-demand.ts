import type { DesiredState, OciRepository, VerificationPolicy } from '../../src/api/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { policyFaults } from '../../src/verify/index.ts';
import type { IdentityOptions } from './identity-demand.ts';
import { readGivenFile } from './read-given-file.ts';

/** What options ask of an artifact. */
export interface DemandOptions extends IdentityOptions {
  readonly policy: readonly string[];
  readonly key?: string;
}

/** Policies, and the source that they are asked about. */
export interface Demand {
  readonly source: OciRepository;
  readonly desired: DesiredState;
}

/** Keys have some hundred bytes. */
const maxKeyBytes = 1024 * 1024;

/** Of the source, and of the policy that options stand for. */
const metadata = { namespace: 'command-line', name: 'options', labels: {}, annotations: {} };

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

function policyBy(authority: VerificationPolicy['spec']['authorities'][number]): VerificationPolicy {
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

async function byKey(key: string): Promise<DesiredState> {
  const content = await readGivenFile(key, maxKeyBytes, 'KEY_INVALID');
  return {
    ...nothing,
    policies: [policyBy({ name: 'key', key: { data: Buffer.from(content).toString() } })],
  };
}

/** The schemas of configuration are loaded for those who need them. */
async function byIdentity(options: IdentityOptions): Promise<DesiredState> {
  const { identityObjects } = await import('./identity-demand.ts');
  return { ...nothing, ...(await identityObjects(metadata, options)) };
}

async function byPolicies(paths: readonly string[]): Promise<DesiredState> {
  const { checkedConfiguration, readConfiguration } = await import('../../src/site/index.ts');
  const files = await Promise.all(paths.map(readConfiguration));
  const desired = await checkedConfiguration(files.flat(), policyFaults);
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

/** Each of the two in one way. */
function checkIdentity(options: IdentityOptions): void {
  const halves = [
    ['--certificate-identity', options.certificateIdentity, options.certificateIdentityRegexp],
    ['--certificate-oidc-issuer', options.certificateOidcIssuer, options.certificateOidcIssuerRegexp],
  ] as const;
  for (const [name, exact, pattern] of halves) {
    if ((exact === undefined) !== (pattern === undefined)) continue;
    const got = exact === undefined ? 'neither' : 'both';
    throw new SealiftError('USAGE', 'sealift verify', `expected ${name} or ${name}-regexp, got ${got}`);
  }
}

function desiredBy(options: DemandOptions): Promise<DesiredState> {
  const asksIdentity = identityOptions.some((name) => options[name] !== undefined);
  const ways = [options.policy.length > 0, options.key !== undefined, asksIdentity].filter(Boolean).length;
  if (ways !== 1) {
    const got = ways === 0 ? 'none' : `${ways} of them`;
    const detail = `expected either --policy, --key, or --certificate-identity with --certificate-oidc-issuer, got ${got}`;
    throw new SealiftError('USAGE', 'sealift verify', detail);
  }
  if (options.key !== undefined) return byKey(options.key);
  if (asksIdentity) checkIdentity(options);
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
