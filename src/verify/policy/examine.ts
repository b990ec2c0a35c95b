import type { Refusal, Signer } from '../../api/index.ts';
import type { UnverifiedCandidate, UnverifiedClaim } from '../evidence/candidate.ts';
import { readClaim } from '../evidence/read-claim.ts';
import { quoted, Refused } from '../evidence/refused.ts';
import type { Authority } from '../proof/authority.ts';
import { prove } from '../proof/proof.ts';
import type { PublicKey } from '../proof/public-key.ts';
import type { Requirement } from './authorities.ts';

/** What one candidate is worth to one requirement. */
export type Judgement =
  | { readonly kind: 'signed'; readonly signers: readonly Signer[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The requirement does not look at this format. */
  | { readonly kind: 'not-asked' };

/** Judgements of one candidate, one for each requirement, in their order. */
export type Finding = readonly Judgement[];

/** Judges one candidate. Never throws: what cannot be read is refused. */
export function examine(
  candidate: UnverifiedCandidate,
  requirements: readonly Requirement[],
  digest: string,
): Finding {
  const claim = readClaim(candidate, digest);
  if (claim instanceof Refused) {
    return refusedFinding(candidate.format, toRefusal(claim, candidate.evidence), requirements);
  }
  return requirements.map((requirement) => {
    if (!requirement.formats.includes(candidate.format)) return { kind: 'not-asked' };
    return judge({ candidate, claim, digest }, requirement);
  });
}

/** The finding for something that was refused before it could be read. */
export function refusedFinding(
  format: UnverifiedCandidate['format'],
  refusal: Refusal,
  requirements: readonly Requirement[],
): Finding {
  return requirements.map(({ formats }) =>
    formats.includes(format) ? { kind: 'refused', refusal } : { kind: 'not-asked' },
  );
}

function toRefusal({ code, message }: Refused, evidence: string): Refusal {
  return { code, subject: evidence, detail: message };
}

interface ReadCandidate {
  readonly candidate: UnverifiedCandidate;
  readonly claim: UnverifiedClaim;
  readonly digest: string;
}

/** The signature comes first: what unsigned bytes say about digests is worth nothing. */
function judge({ candidate, claim, digest }: ReadCandidate, requirement: Requirement): Judgement {
  const { evidence, format } = candidate;
  if (claim.statement.kind !== 'signature') {
    const detail = `expected a signature, got an ${claim.statement.kind}, which grants nothing`;
    return { kind: 'refused', refusal: { code: 'SIGNATURE_WRONG_TYPE', subject: evidence, detail } };
  }
  const signers = new Map<string, Signer>();
  for (const authority of requirement.authorities) {
    const proof = prove(authority, claim);
    if (proof instanceof Refused) continue;
    // One key is one signer, under however many names a policy lists it.
    if (signers.has(proof.keyId)) continue;
    const annotations = annotationsOf(claim);
    signers.set(proof.keyId, { authority: authority.name, ...proof, format, evidence, annotations });
  }
  if (signers.size === 0) {
    return {
      kind: 'refused',
      refusal: { code: 'SIGNATURE_KEY_UNKNOWN', subject: evidence, detail: unknownKey(claim, requirement) },
    };
  }
  if (!claim.digests.includes(digest)) {
    const detail = `expected a signature of ${digest}, got one of ${quoted(claim.digests[0] ?? 'nothing')}`;
    return { kind: 'refused', refusal: { code: 'SIGNATURE_WRONG_DIGEST', subject: evidence, detail } };
  }
  return { kind: 'signed', signers: [...signers.values()] };
}

function annotationsOf({ statement }: UnverifiedClaim): Signer['annotations'] {
  return statement.kind === 'signature' ? statement.annotations : {};
}

function unknownKey({ material }: UnverifiedClaim, { name, authorities }: Requirement): string {
  if (material.kind === 'certificate') return `expected a key of ${name}, got a signature with a certificate`;
  const known = authorities.flatMap(keysOf);
  const keys = known.map(({ algorithm, id }) => `${algorithm} ${id}`).join(', ');
  const hint = keyIdOfHint(material.hint);
  return `expected a signature by ${keys}, got one by ${hint === undefined ? 'another key' : `another key, ${hint} by its own word`}`;
}

function keysOf(authority: Authority): readonly PublicKey[] {
  return authority.kind === 'key' ? authority.keys.map(({ key }) => key) : [];
}

/** Cosign's hint is the base64 of the key's id. An unsigned word: good for a message, for nothing else. */
function keyIdOfHint(hint = ''): string | undefined {
  const bytes = Buffer.from(hint, 'base64');
  return bytes.byteLength === 32 ? `sha256:${bytes.toString('hex')}` : undefined;
}
