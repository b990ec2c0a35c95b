import { quoted, Refused } from '../evidence/refused.ts';
import type { Certificate } from './certificate.ts';
import { childrenOf, type DerValue, derTags, readDer, readOid } from './der.ts';
import type { IdentityRule, TextRule } from './identity-rule.ts';

/** Whom a certificate names, by its own word. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

const alternativeNameOid = '2.5.29.17';

/** Context tags of GeneralName. https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6 */
const otherName = 0xa0;
const email = 0x81;
const uri = 0x86;
const explicitValue = 0xa0;

/** https://github.com/sigstore/fulcio/blob/v1.8.0/docs/oid-info.md */
const fulcio = '1.3.6.1.4.1.57264.1';
const userName = `${fulcio}.7`;
const issuerV1 = `${fulcio}.1`;
const issuerV2 = `${fulcio}.8`;

/** Of these the extension holds the text itself; later ones hold a DER UTF8String. */
const rawTexts: ReadonlySet<string> = new Set([1, 2, 3, 4, 5, 6].map((number) => `${fulcio}.${number}`));

/** Printable ASCII, as addresses are: a NUL or a line break would make two readers see two names. */
const printable = /^[\x21-\x7e]+$/;

const controls = /\p{Cc}/u;

/**
 * The one name of a signer: an e-mail address, a URI, or the user name of Fulcio. DNS names and addresses name hosts, not signers.
 * @throws Refused CERTIFICATE_INVALID when there is none, or a second one that a rule would not see.
 */
export function subjectOf({ extensions }: Certificate): string {
  const extension = extensions.get(alternativeNameOid);
  const values =
    extension === undefined ? [] : childrenOf(readDer(extension.value, derTags.sequence), derTags.sequence);
  const names = values.flatMap(nameOf);
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw invalid(`expected one e-mail address, URI or user name of the signer, got ${names.length}`);
  }
  return name;
}

function nameOf(value: DerValue): readonly string[] {
  switch (value.tag) {
    case email:
    case uri:
      return [printableText(value.content)];
    case otherName: {
      const [id, wrapped] = childrenOf(value, otherName);
      if (readOid(id) !== userName) return [];
      const [text] = childrenOf(wrapped, explicitValue);
      return [utf8Text(text)];
    }
    default:
      return [];
  }
}

function printableText(content: Buffer): string {
  const text = content.toString('latin1');
  if (!printable.test(text)) throw invalid('expected a name of printable ASCII');
  return text;
}

function utf8Text(value: DerValue | undefined): string {
  if (value?.tag !== derTags.utf8String) throw invalid('expected a text in UTF-8');
  return decodeUtf8(value.content);
}

function decodeUtf8(content: Buffer): string {
  const text = content.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(content) || controls.test(text)) {
    throw invalid('expected a text in UTF-8 without control characters');
  }
  return text;
}

/** The text of an extension; `undefined` when there is none. @throws Refused CERTIFICATE_INVALID when it is no text. */
function extensionText({ extensions }: Certificate, oid: string): string | undefined {
  const extension = extensions.get(oid);
  if (extension === undefined) return undefined;
  if (rawTexts.has(oid)) return decodeUtf8(extension.value);
  return utf8Text(readDer(extension.value, derTags.utf8String));
}

/** Who vouched for the signer; empty when the certificate does not say, which matches nothing. */
export function issuerOf(certificate: Certificate): string {
  return extensionText(certificate, issuerV2) ?? extensionText(certificate, issuerV1) ?? '';
}

/** @throws Refused SIGNATURE_IDENTITY_UNKNOWN when no rule names this signer. */
export function requireIdentity(
  certificate: Certificate,
  identity: Identity,
  rules: readonly IdentityRule[],
): void {
  if (rules.some((rule) => isNamedBy(certificate, identity, rule))) return;
  const expected = rules.map(describe).join(', or ');
  const got = `${quoted(identity.subject)} by the word of ${quoted(identity.issuer)}`;
  throw new Refused('SIGNATURE_IDENTITY_UNKNOWN', `expected ${expected || 'nobody'}, got ${got}`);
}

function isNamedBy(certificate: Certificate, identity: Identity, rule: IdentityRule): boolean {
  return (
    (rule.issuer === undefined || fits(rule.issuer, identity.issuer)) &&
    fits(rule.subject, identity.subject) &&
    [...rule.extensions].every(([oid, text]) => fits(text, extensionText(certificate, oid)))
  );
}

/** What is not there, or empty, was claimed by nobody (CVE-2026-23990). */
function fits(rule: TextRule, text = ''): boolean {
  return text !== '' && rule.matches(text);
}

function describe({ issuer, subject, extensions }: IdentityRule): string {
  const more = [...extensions].map(([oid, { written }]) => `${oid} ${written}`);
  const by = issuer === undefined ? [] : [`by the word of ${issuer.written}`];
  return [subject.written, ...by, ...more].join(' ');
}

function invalid(detail: string): Refused {
  return new Refused('CERTIFICATE_INVALID', detail);
}
