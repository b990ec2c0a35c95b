import type { X509Certificate } from 'node:crypto';
import { Refused } from '../evidence/refused.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { requireAuthority } from './code-signing.ts';
import { contains, describeWindow, isoTime } from './proven-time.ts';

/** Of authorities between a root and a signer: private hierarchies have one or two. */
const maxIntermediates = 6;

/** ECDSA and RSA with SHA-2, Ed25519: SHA-1 and MD5 can be made to collide. */
const signatureAlgorithms: ReadonlySet<string> = new Set([
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.3.101.112',
]);

/** The site's own authorities. */
export interface Anchors {
  readonly roots: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
}

/** @throws Refused CERTIFICATE_INVALID for a certificate of the policy that cannot be read. */
export function readAnchors(roots: readonly Uint8Array[], intermediates: readonly Uint8Array[]): Anchors {
  return { roots: roots.map(readCertificate), intermediates: intermediates.map(readCertificate) };
}

/**
 * That a certificate is by one of these authorities, each of them valid at each of the moments. Only certificates of the policy stand
 * between: a chain that the evidence brings is not looked at. https://www.rfc-editor.org/rfc/rfc5280#section-6
 * @returns the root.
 * @throws Refused CERTIFICATE_INVALID.
 */
export function requireIssuedBy(
  anchors: Anchors,
  leaf: Certificate,
  moments: readonly number[],
): Certificate {
  requireValid(leaf, moments);
  const faults: Refused[] = [];
  const root = rootAbove({ anchors, moments, faults }, leaf, 0);
  if (root !== undefined) return root;
  const [fault] = faults;
  if (fault !== undefined) throw fault;
  throw invalid('expected a certificate by an authority of the policy, got one by another');
}

interface Search {
  readonly anchors: Anchors;
  readonly moments: readonly number[];
  /** Why an authority that did sign does not count. */
  readonly faults: Refused[];
}

function rootAbove(search: Search, child: Certificate, below: number): Certificate | undefined {
  const { roots, intermediates } = search.anchors;
  const root = roots.find((issuer) => vouches(search, { issuer, child, below }));
  if (root !== undefined || below >= maxIntermediates) return root;
  for (const issuer of intermediates) {
    if (!vouches(search, { issuer, child, below })) continue;
    const above = rootAbove(search, issuer, below + 1);
    if (above !== undefined) return above;
  }
  return undefined;
}

interface Step {
  readonly issuer: Certificate;
  readonly child: Certificate;
  /** How many authorities stand between the issuer and the signer. */
  readonly below: number;
}

function vouches({ moments, faults }: Search, { issuer, child, below }: Step): boolean {
  try {
    if (!(child.x509.checkIssued(issuer.x509) && child.x509.verify(issuer.publicKey))) return false;
    if (!signatureAlgorithms.has(child.signatureAlgorithm)) {
      throw invalid(`expected a certificate signed with SHA-2, got algorithm ${child.signatureAlgorithm}`);
    }
    requireAuthority(issuer, below);
    requireValid(issuer, moments);
    return true;
  } catch (fault) {
    if (fault instanceof Refused) faults.push(fault);
    return false;
  }
}

function requireValid(certificate: Certificate, moments: readonly number[]): void {
  const outside = moments.find((at) => !contains(certificate, at));
  if (outside === undefined) return;
  throw invalid(
    `expected a certificate that is valid ${describeWindow(certificate)}, got a signature at ${isoTime(outside)}`,
  );
}

/** For messages and identities: on one line. */
export function nameOf({ x509 }: { readonly x509: X509Certificate }): string {
  return x509.subject.replaceAll('\n', ', ');
}

function invalid(detail: string): Refused {
  return new Refused('CERTIFICATE_INVALID', detail);
}
