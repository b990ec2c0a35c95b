import { X509Certificate } from 'node:crypto';
import { SealiftError } from '../../core/index.ts';
import { parsePem } from '../evidence/strict-pem.ts';
import { splitPem } from './pem-blocks.ts';

/** DER of certificates of authorities. */
export interface CertificateSet {
  /** Issued by themselves: where trust ends. */
  readonly roots: readonly Uint8Array[];
  readonly intermediates: readonly Uint8Array[];
}

/** Text with certificates, and where it stands. */
export interface CertificateText {
  readonly text: string;
  readonly subject: string;
}

/** @throws SealiftError KEY_INVALID, TRUST_INVALID for what is no authority, and for a set without root. */
export function readCertificates(texts: readonly CertificateText[], subject: string): CertificateSet {
  const all = texts.flatMap(({ text, subject: place }) =>
    splitPem(text, place).map((pem) => readAuthority(pem, place)),
  );
  const roots = all.filter((certificate) => certificate.checkIssued(certificate));
  if (roots.length === 0) {
    const detail = `expected a root (issued by itself) among the certificates, got ${all.length} others`;
    throw new SealiftError('TRUST_INVALID', subject, detail);
  }
  const intermediates = all.filter((certificate) => !roots.includes(certificate));
  return { roots: roots.map(({ raw }) => raw), intermediates: intermediates.map(({ raw }) => raw) };
}

function readAuthority(pem: string, subject: string): X509Certificate {
  const { content } = parsePem(pem, ['CERTIFICATE'], subject);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(content);
  } catch (cause) {
    throw new SealiftError('TRUST_INVALID', subject, 'expected a certificate inside the PEM block', {
      cause,
    });
  }
  if (!certificate.raw.equals(content)) {
    throw new SealiftError('TRUST_INVALID', subject, 'expected the certificate alone, got further bytes');
  }
  if (!certificate.ca) {
    throw new SealiftError(
      'TRUST_INVALID',
      subject,
      'expected an authority (CA:TRUE), got another certificate',
    );
  }
  return certificate;
}
