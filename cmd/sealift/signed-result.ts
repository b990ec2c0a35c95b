import type { AttachedStatement, SignedBy } from '../../src/verify/index.ts';
import type { Annotations } from './annotations-option.ts';

/** What was signed and put beside its subject. */
export interface SignedResult {
  /** By digest. */
  readonly reference: string;
  readonly digest: string;
  readonly predicateType: string;
  /** Signed with the digest. */
  readonly annotations: Annotations;
  /** Digest of the referrer that holds the bundle. */
  readonly evidence: string;
  readonly signedBy: SignedBy;
  readonly logEntries: number;
  readonly timestamps: number;
}

/** Of what was signed, without what came of it. */
export type Signing = Pick<SignedResult, 'reference' | 'digest' | 'predicateType' | 'annotations'>;

export function signedResult(signing: Signing, { evidence, ...signed }: AttachedStatement): SignedResult {
  return { ...signing, evidence: evidence.digest, ...signed };
}

function signer(signedBy: SignedBy): string {
  return signedBy.kind === 'key'
    ? `key ${signedBy.keyId}`
    : `${signedBy.subject}, by the word of ${signedBy.issuer}`;
}

/** For a person: what, by whom, proven how. */
export function formatSigned(result: SignedResult, what = 'signed'): string {
  const { reference, evidence, signedBy, annotations, logEntries, timestamps } = result;
  const proofs = [
    ...(logEntries > 0 ? ['entered in a transparency log'] : []),
    ...(timestamps > 0 ? [`${timestamps} timestamp${timestamps > 1 ? 's' : ''}`] : []),
  ];
  return [
    `${what} ${reference}`,
    `  by        ${signer(signedBy)}`,
    ...Object.entries(annotations).map(([name, value]) => `  with      ${name}=${value}`),
    `  evidence  ${evidence}`,
    ...(proofs.length > 0 ? [`  time      ${proofs.join(', ')}`] : []),
    '',
  ].join('\n');
}
