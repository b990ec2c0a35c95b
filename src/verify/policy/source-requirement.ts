import { type OciRepository, type Refusal, sourceText } from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import type { Authority, KeylessAuthority } from '../proof/authority.ts';
import type { IdentityRule, TextRule } from '../proof/identity-rule.ts';
import { parsePublicKey } from '../proof/public-key.ts';
import { anyAuthority, type Requirement } from './requirement.ts';
import { containing, isAnchored } from './text-rules.ts';
import { openTrustedRoot, secretEntries, type TrustMaterial } from './trust-material.ts';

const name = 'spec.verify';

/** A certificate of the trusted root is asked for, and an entry in one of its logs: what Flux asks. */
const keylessTime = { logs: 1, timestamps: 0 };

/**
 * `spec.verify` as Flux reads it: with a Secret, every `*.pub` of it is a key and any of them is enough; without, any of the identities, of
 * the public-good instance or of the trusted root in a Secret. Both formats count.
 * @throws SealiftError KEY_INVALID, TRUST_INVALID, CONFIG_INVALID, OBJECT_NOT_FOUND, CONFIG_UNSUPPORTED.
 */
export async function sourceRequirement(
  source: OciRepository,
  material: TrustMaterial,
): Promise<Requirement> {
  const { verify } = source.spec;
  const subject = sourceText(source.metadata);
  if (verify?.provider !== 'cosign') {
    throw unsupported(
      subject,
      `spec.verify.provider: expected cosign, got ${verify?.provider ?? 'nothing'}, whose signatures Sealift does not read`,
    );
  }
  if (verify.secretRef === undefined) return keyless(verify, subject, material);
  if ((verify.matchOIDCIdentity ?? []).length > 0 || verify.trustedRootSecretRef !== undefined) {
    const detail = 'expected secretRef alone, got matchOIDCIdentity or trustedRootSecretRef beside it';
    throw unsupported(subject, `spec.verify: ${detail}`);
  }
  const entries = secretEntries(material, verify.secretRef.name, ['.pub']);
  const authorities = await Promise.all(
    entries.map(
      async (entry): Promise<Authority> => ({
        kind: 'key',
        name: `${name}/${entry.entry}`,
        keys: [{ key: await parsePublicKey(entry.text, entry.subject) }],
        time: { logs: 0, timestamps: 0 },
      }),
    ),
  );
  return anyAuthority(name, authorities);
}

type Verify = NonNullable<OciRepository['spec']['verify']>;

async function keyless(verify: Verify, subject: string, material: TrustMaterial): Promise<Requirement> {
  const { matchOIDCIdentity: written = [], trustedRootSecretRef: secretRef } = verify;
  const authority: KeylessAuthority = {
    kind: 'keyless',
    name: `${name}/keyless`,
    identities:
      written.length === 0 ? [anybody] : written.map((identity, at) => readIdentity(identity, at, subject)),
    time: keylessTime,
    trustedRoot: await openTrustedRoot(material, { secretRef }),
  };
  return { ...anyAuthority(name, [authority]), notes: notesOn(written, subject) };
}

type WrittenIdentity = NonNullable<Verify['matchOIDCIdentity']>[number];

function readIdentity({ issuer, subject }: WrittenIdentity, at: number, source: string): IdentityRule {
  const place = `${source} spec.verify.matchOIDCIdentity[${at}]`;
  return {
    issuer: containing(issuer, `${place}.issuer`),
    subject: containing(subject, `${place}.subject`),
    extensions: new Map(),
  };
}

/** Flux asks for no identity where none is given, and so does this, aloud. */
const anyText: TextRule = { written: 'anything', matches: (text) => text !== '' };
const anybody: IdentityRule = { issuer: anyText, subject: anyText, extensions: new Map() };

function notesOn(written: readonly WrittenIdentity[], subject: string): readonly Refusal[] {
  const code = 'IDENTITY_LOOSE';
  if (written.length === 0) {
    const detail =
      'spec.verify names no identity: anybody counts who gets a certificate of the trusted root; name them in matchOIDCIdentity';
    return [{ code, subject, detail }];
  }
  return written.flatMap((identity, at) =>
    (['issuer', 'subject'] as const)
      .filter((field) => !isAnchored(identity[field]))
      .map((field) => ({
        code,
        subject,
        detail: `spec.verify.matchOIDCIdentity[${at}].${field} matches anywhere in the text; write ^ before and $ behind it`,
      })),
  );
}

function unsupported(subject: string, detail: string): SealiftError {
  return new SealiftError('CONFIG_UNSUPPORTED', subject, detail);
}
