import { quoted, Refused } from '../evidence/refused.ts';
import {
  basicConstraintsOf,
  type Certificate,
  extendedKeyUsagesOf,
  keyUsages,
  mayBeUsedFor,
} from './certificate.ts';

/** https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12 */
const codeSigning = '1.3.6.1.5.5.7.3.3';
const anyUsage = '2.5.29.37.0';

/**
 * Critical extensions that are taken into account: basic constraints, key usage, subject alternative name, extended key usage. A policy
 * identifier restricts nothing here, because no policy is asked for.
 */
const knownExtensions: ReadonlySet<string> = new Set([
  '2.5.29.19',
  '2.5.29.15',
  '2.5.29.17',
  '2.5.29.37',
  '2.5.29.32',
]);

/** @throws Refused CERTIFICATE_INVALID unless the certificate is somebody's for signing code. */
export function requireCodeSigner(certificate: Certificate): void {
  requireKnownExtensions(certificate);
  if (basicConstraintsOf(certificate).authority) {
    throw invalid('expected the certificate of a signer, got the one of an authority');
  }
  const usages = extendedKeyUsagesOf(certificate);
  if (!(usages ?? []).includes(codeSigning)) {
    const got = usages === undefined ? 'one without extended key usage' : `one for ${usages.join(', ')}`;
    throw invalid(`expected a certificate for code signing, got ${quoted(got)}`);
  }
  if (!mayBeUsedFor(certificate, keyUsages.digitalSignature)) {
    throw invalid('expected a certificate whose key may sign, got another key usage');
  }
}

/** @throws Refused CERTIFICATE_INVALID unless the certificate may vouch for signers of code, with so many authorities below it. */
export function requireAuthority(certificate: Certificate, below: number): void {
  requireKnownExtensions(certificate);
  const { authority, pathLength = Number.POSITIVE_INFINITY } = basicConstraintsOf(certificate);
  if (!(authority && mayBeUsedFor(certificate, keyUsages.certificateSigning))) {
    throw invalid('expected the certificate of an authority above the signer, got another one');
  }
  if (below > pathLength) {
    throw invalid(`expected at most ${pathLength} authorities below the issuer, got ${below}`);
  }
  const usages = extendedKeyUsagesOf(certificate);
  if (usages !== undefined && !usages.includes(codeSigning) && !usages.includes(anyUsage)) {
    throw invalid('expected an authority for code signing, got one for other uses');
  }
}

/** Whoever does not know a critical extension must not use the certificate (RFC 5280, section 4.2). */
function requireKnownExtensions({ extensions }: Certificate): void {
  for (const [oid, { critical }] of extensions) {
    if (critical && !knownExtensions.has(oid)) throw invalid(`expected no critical extension ${oid}`);
  }
}

function invalid(detail: string): Refused {
  return new Refused('CERTIFICATE_INVALID', detail);
}
