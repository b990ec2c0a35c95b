import type { VerificationPolicy } from '../../api/index.ts';
import type { TextRule } from '../proof/identity-rule.ts';
import type { Proof } from '../proof/proof.ts';
import { parsePublicKey } from '../proof/public-key.ts';
import { textRule } from './text-rules.ts';

/** Who and what a policy never lets count. */
export interface Denial {
  /** For messages: the policy. */
  readonly name: string;
  /** `sha256:<hex>` of SubjectPublicKeyInfos. */
  readonly keyIds: ReadonlySet<string>;
  readonly identities: readonly DeniedIdentity[];
  readonly digests: ReadonlySet<string>;
}

/** Every rule that is given has to match. */
interface DeniedIdentity {
  readonly issuer?: TextRule | undefined;
  readonly subject?: TextRule | undefined;
}

/** @throws SealiftError KEY_INVALID, CONFIG_INVALID. */
export async function readDenial(
  name: string,
  { keys, identities, digests }: VerificationPolicy['spec']['deny'],
): Promise<Denial> {
  const keyIds = await Promise.all(keys.map((key, at) => keyIdOf(key, `${name} deny.keys[${at}]`)));
  return {
    name,
    keyIds: new Set(keyIds),
    identities: identities.map((identity, at) => {
      const subject = `${name} deny.identities[${at}]`;
      return {
        issuer: textRule(identity.issuer, identity.issuerPattern, subject),
        subject: textRule(identity.subject, identity.subjectPattern, subject),
      };
    }),
    digests: new Set(digests),
  };
}

async function keyIdOf(key: string, subject: string): Promise<string> {
  return key.startsWith('sha256:') ? key : (await parsePublicKey(key, subject)).id;
}

/** Why a signer does not count; `undefined` when nobody denies it. */
export function deniedSigner({ keyId, identity }: Proof, denials: readonly Denial[]): string | undefined {
  for (const { name, keyIds, identities } of denials) {
    if (keyIds.has(keyId)) return `expected another key, ${name} denies ${keyId}`;
    if (identity !== undefined && identities.some((denied) => isDenied(denied, identity))) {
      return `expected another identity, ${name} denies ${JSON.stringify(identity.subject)}`;
    }
  }
  return undefined;
}

/** Who denies an artifact. */
export function deniedDigest(digest: string, denials: readonly Denial[]): string | undefined {
  return denials.find(({ digests }) => digests.has(digest))?.name;
}

function isDenied(denied: DeniedIdentity, { issuer, subject }: NonNullable<Proof['identity']>): boolean {
  return denied.issuer?.matches(issuer) !== false && denied.subject?.matches(subject) !== false;
}
