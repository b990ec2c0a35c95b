import {
  type DesiredState,
  type OciRepository,
  requireSecret,
  secretValues,
  type VerificationPolicy,
} from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import type { Authority, SignatureFormat } from '../proof/authority.ts';
import { type PublicKey, parsePublicKey } from '../proof/public-key.ts';
import { coversRepository, spellingsOf } from './repository-name.ts';

/** Holds when any one of its authorities signed in one of its formats. */
export interface Requirement {
  /** `VerificationPolicy/namespace/name`, or `spec.verify`. */
  readonly name: string;
  readonly formats: readonly SignatureFormat[];
  readonly authorities: readonly Authority[];
}

export type Requirements =
  | { readonly kind: 'not-required' }
  /** There are policies, and none of them covers the source: nobody may sign it. */
  | { readonly kind: 'no-match'; readonly policies: number }
  /** Every one has to hold. */
  | { readonly kind: 'required'; readonly requirements: readonly Requirement[] };

const specVerify = 'spec.verify';

/**
 * Who has to have signed what a source delivers: every policy that matches it, and its own `spec.verify`.
 * @throws SealiftError KEY_INVALID, OBJECT_NOT_FOUND, CONFIG_UNSUPPORTED: a requirement that cannot be understood is never left out.
 */
export async function requirementsOf(source: OciRepository, desired: DesiredState): Promise<Requirements> {
  const matching = desired.policies.filter((policy) => matches(policy, source));
  const requirements = await Promise.all(matching.map((policy) => ofPolicy(policy, desired)));
  if (source.spec.verify !== undefined) requirements.push(await ofSource(source, desired));
  if (requirements.length > 0) return { kind: 'required', requirements };
  const policies = desired.policies.length;
  return policies > 0 ? { kind: 'no-match', policies } : { kind: 'not-required' };
}

function matches({ metadata, spec: { match } }: VerificationPolicy, source: OciRepository): boolean {
  const repository = spellingsOf(source.spec.url);
  return (
    match.repositories.some((glob) => coversRepository(glob, repository)) ||
    match.sources.some(
      ({ name, namespace = metadata.namespace }) =>
        name === source.metadata.name && namespace === source.metadata.namespace,
    )
  );
}

async function ofPolicy({ metadata, spec }: VerificationPolicy, desired: DesiredState): Promise<Requirement> {
  const name = `VerificationPolicy/${metadata.namespace}/${metadata.name}`;
  const { mode, require, attestations, deny } = spec;
  const denied = deny.keys.length + deny.identities.length + deny.digests.length;
  if (mode !== 'enforce' || require !== 'any' || attestations.length + denied > 0) {
    throw unsupported(name, 'expected authorities alone');
  }
  const authorities = spec.authorities.map(async (authority): Promise<readonly Authority[]> => {
    const signer = `${metadata.name}/${authority.name}`;
    const { data, secretRef, ...rest } = authority.key ?? {};
    if (Object.keys(rest).length + (authority.logs ?? 0) + (authority.timestamps ?? 0) > 0) {
      throw unsupported(name, `expected keys alone for ${authority.name}`);
    }
    if (data !== undefined) {
      return [keyAuthority(signer, await parsePublicKey(data, `${name} authority ${authority.name}`))];
    }
    if (secretRef === undefined) throw unsupported(name, `expected a key for ${authority.name}`);
    const keys = await secretKeys(desired, metadata.namespace, secretRef.name);
    return keys.map(({ key }) => keyAuthority(signer, key));
  });
  return { name, formats: spec.formats, authorities: (await Promise.all(authorities)).flat() };
}

/** `spec.verify` as Flux reads it: every `*.pub` of the Secret is a key, any of them is enough, both formats count. */
async function ofSource(source: OciRepository, desired: DesiredState): Promise<Requirement> {
  const { name, namespace } = source.metadata;
  const secretName = keyedSecret(source, `OCIRepository/${namespace}/${name}`);
  const keys = await secretKeys(desired, namespace, secretName);
  const authorities = keys.map(({ entry, key }) => keyAuthority(`${specVerify}/${entry}`, key));
  return { name: specVerify, formats: ['bundle', 'legacy'], authorities };
}

function keyedSecret({ spec }: OciRepository, subject: string): string {
  const verify = spec.verify;
  if (verify === undefined || verify.provider !== 'cosign') {
    throw unsupported(subject, `spec.verify.provider: expected cosign, got ${verify?.provider ?? 'nothing'}`);
  }
  if (verify.secretRef === undefined) {
    throw unsupported(
      subject,
      'spec.verify: expected a secretRef with public keys, got keyless verification',
    );
  }
  if ((verify.matchOIDCIdentity ?? []).length > 0 || verify.trustedRootSecretRef !== undefined) {
    throw unsupported(
      subject,
      'spec.verify: expected secretRef alone, got matchOIDCIdentity or trustedRootSecretRef beside it',
    );
  }
  return verify.secretRef.name;
}

function keyAuthority(name: string, key: PublicKey): Authority {
  return { kind: 'key', name, keys: [{ key }], time: { logs: 0, timestamps: 0 } };
}

interface NamedKey {
  readonly entry: string;
  readonly key: PublicKey;
}

async function secretKeys(
  desired: DesiredState,
  namespace: string,
  name: string,
): Promise<readonly NamedKey[]> {
  const subject = `Secret/${namespace}/${name}`;
  const entries = Object.entries(secretValues(requireSecret(desired, namespace, name)));
  const keys = entries.filter(([entry]) => entry.endsWith('.pub'));
  if (keys.length === 0) {
    throw new SealiftError(
      'KEY_INVALID',
      subject,
      `expected an entry that ends in .pub, got ${entries.length} others`,
    );
  }
  return Promise.all(
    keys.map(async ([entry, pem]) => ({ entry, key: await parsePublicKey(pem, `${subject} ${entry}`) })),
  );
}

function unsupported(subject: string, detail: string): SealiftError {
  return new SealiftError('CONFIG_UNSUPPORTED', subject, detail);
}
