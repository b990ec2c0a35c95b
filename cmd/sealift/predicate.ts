import { rfc3339, SealiftError } from '../../src/core/index.ts';
import { maxPredicateBytes, type Predicate } from '../../src/verify/index.ts';
import { readGivenFile } from './read-given-file.ts';

interface PredicateKind {
  readonly uri: string;
  /** `text`: the file is no JSON but what JSON holds as one text. `custom`: cosign's own frame around such a text. */
  readonly form: 'json' | 'text' | 'custom';
}

const json = (uri: string): PredicateKind => ({ uri, form: 'json' });

/** The short names that cosign knows: https://github.com/sigstore/cosign/blob/v3.0.0/cmd/cosign/cli/options/predicate.go */
export const predicateTypes: Readonly<Record<string, PredicateKind>> = {
  slsaprovenance: json('https://slsa.dev/provenance/v0.2'),
  slsaprovenance02: json('https://slsa.dev/provenance/v0.2'),
  slsaprovenance1: json('https://slsa.dev/provenance/v1'),
  spdx: { uri: 'https://spdx.dev/Document', form: 'text' },
  spdxjson: json('https://spdx.dev/Document'),
  cyclonedx: json('https://cyclonedx.org/bom'),
  vuln: json('https://cosign.sigstore.dev/attestation/vuln/v1'),
  openvex: json('https://openvex.dev/ns'),
  custom: { uri: 'https://cosign.sigstore.dev/attestation/v1', form: 'custom' },
};

function kindOf(type: string): PredicateKind {
  const known = Object.hasOwn(predicateTypes, type) ? predicateTypes[type] : undefined;
  if (known !== undefined) return known;
  if (/^[a-z][a-z0-9+.-]*:\S+$/i.test(type)) return json(type);
  const names = Object.keys(predicateTypes).join(', ');
  throw new SealiftError('USAGE', '--type', `expected a URI or one of ${names}`);
}

/** Reads the file of `--predicate`. @throws SealiftError PREDICATE_INVALID. */
export function readPredicateFile(path: string): Promise<Uint8Array> {
  return readGivenFile(path, maxPredicateBytes, 'PREDICATE_INVALID');
}

/** The predicate that a file makes under a type, as cosign frames it. `now` is milliseconds since the epoch. @throws SealiftError USAGE. */
export function predicateOf(type: string, content: Uint8Array, now: number): Predicate {
  const { uri, form } = kindOf(type);
  if (form === 'json') return { type: uri, json: content };
  const text = Buffer.from(content).toString();
  const value = form === 'text' ? text : { Data: text, Timestamp: rfc3339(now) };
  return { type: uri, json: Buffer.from(JSON.stringify(value)) };
}
