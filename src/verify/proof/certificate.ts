import { type KeyObject, X509Certificate } from 'node:crypto';
import { Refused } from '../evidence/refused.ts';
import {
  childrenOf,
  type DerValue,
  derTags,
  expectTag,
  readBoolean,
  readCount,
  readDer,
  readOid,
} from './der.ts';

/** One certificate, read strictly; whether it counts is not said. https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
export interface Certificate {
  readonly der: Buffer;
  readonly x509: X509Certificate;
  readonly publicKey: KeyObject;
  /** Milliseconds since the epoch, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Dotted: how the issuer signed it. */
  readonly signatureAlgorithm: string;
  /** By object identifier. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>;
}

export interface CertificateExtension {
  readonly critical: boolean;
  /** What the octet string holds. */
  readonly value: Buffer;
}

/** Of a certificate in total: honest ones have one to three kilobytes. */
const maxCertificateBytes = 32 * 1024;

/** `[3] EXPLICIT` of TBSCertificate. */
const extensionsTag = 0xa3;

/** @throws Refused CERTIFICATE_INVALID. */
export function readCertificate(der: Uint8Array): Certificate {
  if (der.byteLength > maxCertificateBytes) {
    const detail = `expected a certificate of at most ${maxCertificateBytes} bytes, got ${der.byteLength}`;
    throw new Refused('CERTIFICATE_INVALID', detail);
  }
  const [signed, algorithm] = childrenOf(readDer(der, derTags.sequence), derTags.sequence);
  const fields = childrenOf(signed, derTags.sequence);
  const listed = fields.find(({ tag }) => tag === extensionsTag);
  const x509 = openX509(der);
  return {
    der: Buffer.from(der),
    x509,
    publicKey: x509.publicKey,
    notBefore: x509.validFromDate.getTime(),
    notAfter: x509.validToDate.getTime(),
    signatureAlgorithm: readOid(childrenOf(algorithm, derTags.sequence)[0]),
    extensions: listed === undefined ? new Map() : readExtensions(listed),
  };
}

function openX509(der: Uint8Array): X509Certificate {
  try {
    const certificate = new X509Certificate(der);
    // Read here, because it throws for keys that the platform does not know.
    void certificate.publicKey;
    return certificate;
  } catch (cause) {
    throw new Refused('CERTIFICATE_INVALID', 'expected a certificate with a public key of a known kind', {
      cause,
    });
  }
}

function readExtensions(listed: DerValue): ReadonlyMap<string, CertificateExtension> {
  const [list] = childrenOf(listed, extensionsTag);
  const extensions = new Map<string, CertificateExtension>();
  for (const value of childrenOf(list, derTags.sequence)) {
    const [id, ...rest] = childrenOf(value, derTags.sequence);
    const oid = readOid(id);
    // Twice the same would let two readers see different ones (RFC 5280, section 4.2).
    if (extensions.has(oid)) {
      throw new Refused('CERTIFICATE_INVALID', `expected extension ${oid} once, got it twice`);
    }
    const critical = rest.length > 1 && readBoolean(rest[0]);
    extensions.set(oid, { critical, value: expectTag(rest.at(-1), derTags.octetString).content });
  }
  return extensions;
}

const basicConstraintsOid = '2.5.29.19';
const keyUsageOid = '2.5.29.15';
const extendedKeyUsageOid = '2.5.29.37';

export interface BasicConstraints {
  readonly authority: boolean;
  /** How many authorities may stand between it and the signer. */
  readonly pathLength?: number;
}

/** @throws Refused CERTIFICATE_INVALID. */
export function basicConstraintsOf({ extensions }: Certificate): BasicConstraints {
  const extension = extensions.get(basicConstraintsOid);
  if (extension === undefined) return { authority: false };
  const values = childrenOf(readDer(extension.value, derTags.sequence), derTags.sequence);
  const first = values[0]?.tag === derTags.boolean ? values[0] : undefined;
  const limit = values[first === undefined ? 0 : 1];
  return {
    authority: first !== undefined && readBoolean(first),
    ...(limit === undefined ? {} : { pathLength: readCount(limit) }),
  };
}

/** Bits of key usage: the first byte of the bit string, most significant first. */
export const keyUsages = { digitalSignature: 0x80, certificateSigning: 0x04 } as const;

/** True when the key may be used so; a certificate without the extension does not restrict it. @throws Refused CERTIFICATE_INVALID. */
export function mayBeUsedFor({ extensions }: Certificate, bit: number): boolean {
  const extension = extensions.get(keyUsageOid);
  if (extension === undefined) return true;
  const [, bits = 0] = readDer(extension.value, derTags.bitString).content;
  return (bits & bit) !== 0;
}

/** `undefined` when the certificate does not say. @throws Refused CERTIFICATE_INVALID. */
export function extendedKeyUsagesOf({ extensions }: Certificate): readonly string[] | undefined {
  const extension = extensions.get(extendedKeyUsageOid);
  if (extension === undefined) return undefined;
  return childrenOf(readDer(extension.value, derTags.sequence), derTags.sequence).map(readOid);
}
