import type { PolicyAuthority } from '../../api/index.ts';
import type { Authority, AuthorityKey, TimeRule } from '../proof/authority.ts';
import { parsePublicKey } from '../proof/public-key.ts';
import type { TrustedRoot } from '../proof/trusted-root.ts';
import { type CertificateText, readCertificates } from './certificate-set.ts';
import { readIdentity } from './identity-rules.ts';
import { splitPem } from './pem-blocks.ts';
import { openTrustedRoot, secretEntries, type TrustMaterial } from './trust-material.ts';

/** One authority of a policy, and the names it goes by. */
export interface WrittenAuthority {
  readonly authority: PolicyAuthority;
  /** For verdicts: `policy/authority`. */
  readonly name: string;
  /** For messages: `VerificationPolicy/namespace/name authority NAME`. */
  readonly subject: string;
}

/** Loads what an authority rests on. @throws SealiftError KEY_INVALID, TRUST_INVALID, CONFIG_INVALID, OBJECT_NOT_FOUND. */
export async function readAuthority(written: WrittenAuthority, material: TrustMaterial): Promise<Authority> {
  const { key, keyless, certificate } = written.authority;
  if (key !== undefined) return readKey(key, written, material);
  if (keyless !== undefined) return readKeyless(keyless, written, material);
  if (certificate !== undefined) return readOwnAuthority(certificate, written, material);
  throw new RangeError(`${written.subject}: expected a key, keyless or certificate`);
}

type WrittenKey = NonNullable<PolicyAuthority['key']>;

async function readKey(
  key: WrittenKey,
  written: WrittenAuthority,
  material: TrustMaterial,
): Promise<Authority> {
  const { data, secretRef, notBefore, notAfter, trustedRoot } = key;
  const window = {
    ...(notBefore === undefined ? {} : { notBefore: Date.parse(notBefore) }),
    ...(notAfter === undefined ? {} : { notAfter: Date.parse(notAfter) }),
  };
  const texts = textsOf({ data, secretRef, endings: ['.pub'] }, written, material);
  const blocks = texts.flatMap(({ text, subject }) =>
    splitPem(text, subject).map((pem) => ({ pem, subject })),
  );
  const keys = await Promise.all(
    blocks.map(
      async ({ pem, subject }): Promise<AuthorityKey> => ({
        key: await parsePublicKey(pem, subject),
        ...window,
      }),
    ),
  );
  const time = timeRule(written, 0);
  return { kind: 'key', name: written.name, keys, time, ...(await rootFor(time, trustedRoot, material)) };
}

async function readKeyless(
  { identities, trustedRoot }: NonNullable<PolicyAuthority['keyless']>,
  written: WrittenAuthority,
  material: TrustMaterial,
): Promise<Authority> {
  return {
    kind: 'keyless',
    name: written.name,
    identities: identities.map((identity, at) =>
      readIdentity(identity, `${written.subject} identities[${at}]`),
    ),
    time: timeRule(written, 1),
    trustedRoot: await openTrustedRoot(material, trustedRoot),
  };
}

async function readOwnAuthority(
  { data, secretRef, identities, trustedRoot }: NonNullable<PolicyAuthority['certificate']>,
  written: WrittenAuthority,
  material: TrustMaterial,
): Promise<Authority> {
  const texts = textsOf({ data, secretRef, endings: ['.crt', '.pem'] }, written, material);
  const time = timeRule(written, 0);
  return {
    kind: 'certificate',
    name: written.name,
    ...readCertificates(texts, written.subject),
    identities: identities.map((identity, at) =>
      readIdentity(identity, `${written.subject} identities[${at}]`),
    ),
    time,
    ...(await rootFor(time, trustedRoot, material)),
  };
}

interface TextPlace {
  readonly data: string | undefined;
  readonly secretRef: { readonly name: string } | undefined;
  readonly endings: readonly string[];
}

function textsOf(
  { data, secretRef, endings }: TextPlace,
  { subject }: WrittenAuthority,
  material: TrustMaterial,
): readonly CertificateText[] {
  if (secretRef !== undefined) return secretEntries(material, secretRef.name, endings);
  return [{ text: data ?? '', subject }];
}

/** `logs` where the policy leaves it open: a certificate that lives for minutes is worth nothing without the public record of its use. */
function timeRule({ authority }: WrittenAuthority, logs: number): TimeRule {
  return { logs: authority.logs ?? logs, timestamps: authority.timestamps ?? 0 };
}

async function rootFor(
  { logs, timestamps }: TimeRule,
  written: WrittenKey['trustedRoot'],
  material: TrustMaterial,
): Promise<{ readonly trustedRoot?: TrustedRoot }> {
  if (logs + timestamps === 0) return {};
  return { trustedRoot: await openTrustedRoot(material, written) };
}
