import { type DesiredState, type SiteObject, siteObjectSchema } from '../../src/api/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { readGivenFile } from './read-given-file.ts';

/** What options ask of an identity. */
export interface IdentityOptions {
  readonly certificateIdentity?: string;
  readonly certificateIdentityRegexp?: string;
  readonly certificateOidcIssuer?: string;
  readonly certificateOidcIssuerRegexp?: string;
  readonly trustedRoot?: string;
}

/** Roots have some ten kilobytes. */
const maxRootBytes = 1024 * 1024;

/** An object as configuration would give it, by the same schema. */
function read<K extends SiteObject['kind']>(kind: K, written: object): Extract<SiteObject, { kind: K }> {
  const parsed = siteObjectSchema.safeParse({ ...written, kind });
  if (parsed.success) return parsed.data as Extract<SiteObject, { kind: K }>;
  const [issue] = parsed.error.issues;
  throw new SealiftError('USAGE', 'sealift verify', issue?.message ?? 'expected other options');
}

/** The policy that asks for an identity, and the Secret with its root, both of the name given. @throws SealiftError USAGE, TRUST_INVALID. */
export async function identityObjects(
  metadata: SiteObject['metadata'],
  options: IdentityOptions,
): Promise<Pick<DesiredState, 'policies' | 'secrets'>> {
  const { certificateIdentity, certificateIdentityRegexp, trustedRoot } = options;
  const { certificateOidcIssuer, certificateOidcIssuerRegexp } = options;
  const identity = {
    ...(certificateIdentity === undefined ? {} : { subject: certificateIdentity }),
    ...(certificateIdentityRegexp === undefined ? {} : { subjectPattern: certificateIdentityRegexp }),
    ...(certificateOidcIssuer === undefined ? {} : { issuer: certificateOidcIssuer }),
    ...(certificateOidcIssuerRegexp === undefined ? {} : { issuerPattern: certificateOidcIssuerRegexp }),
  };
  const root = trustedRoot === undefined ? {} : { trustedRoot: { secretRef: { name: metadata.name } } };
  const authority = { name: 'keyless', keyless: { identities: [identity], ...root } };
  const spec = { match: { repositories: ['**'] }, authorities: [authority] };
  return {
    policies: [read('VerificationPolicy', { apiVersion: 'sealift.dev/v1alpha1', metadata, spec })],
    secrets: [read('Secret', { apiVersion: 'v1', metadata, stringData: await rootText(trustedRoot) })],
  };
}

async function rootText(path: string | undefined): Promise<Readonly<Record<string, string>>> {
  if (path === undefined) return {};
  const content = await readGivenFile(path, maxRootBytes, 'TRUST_INVALID');
  return { 'trusted_root.json': Buffer.from(content).toString() };
}
