import { type DesiredState, requireSecret, secretValues } from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import type { TrustedRoot } from '../proof/trusted-root.ts';
import { defaultRoot, type TrustedRoots, type WantedRoot } from './trusted-roots.ts';

/** Entry of a Secret that is a trusted root, as Flux names it. */
const trustedRootEntry = 'trusted_root.json';

/** One entry of a Secret. */
export interface SecretEntry {
  readonly entry: string;
  readonly text: string;
  /** `Secret/namespace/name entry`, for messages. */
  readonly subject: string;
}

/** What the policies of one namespace may read: its Secrets, and the trusted roots of the site. */
export interface TrustMaterial {
  readonly desired: DesiredState;
  readonly namespace: string;
  readonly roots: TrustedRoots;
}

/** The entries of a Secret whose names end so. @throws SealiftError OBJECT_NOT_FOUND, KEY_INVALID for a Secret without any. */
export function secretEntries(
  { desired, namespace }: TrustMaterial,
  name: string,
  endings: readonly string[],
): readonly SecretEntry[] {
  const subject = `Secret/${namespace}/${name}`;
  const entries = Object.entries(secretValues(requireSecret(desired, namespace, name)));
  const found = entries.filter(([entry]) => endings.some((ending) => entry.endsWith(ending)));
  if (found.length === 0) {
    const detail = `expected an entry that ends in ${endings.join(' or ')}, got ${entries.length} others`;
    throw new SealiftError('KEY_INVALID', subject, detail);
  }
  return found.map(([entry, text]) => ({ entry, text, subject: `${subject} ${entry}` }));
}

/** As a policy writes it. */
interface WrittenRoot {
  readonly name?: string | undefined;
  readonly secretRef?: { readonly name: string } | undefined;
}

/** @throws SealiftError OBJECT_NOT_FOUND, TRUST_INVALID, DISK_FAILED. */
export async function openTrustedRoot(
  material: TrustMaterial,
  written: WrittenRoot | undefined,
): Promise<TrustedRoot> {
  return material.roots.open(wantedRoot(material, written));
}

function wantedRoot({ desired, namespace }: TrustMaterial, written: WrittenRoot = {}): WantedRoot {
  const { name, secretRef } = written;
  if (secretRef !== undefined) {
    const subject = `Secret/${namespace}/${secretRef.name}`;
    const content = secretValues(requireSecret(desired, namespace, secretRef.name))[trustedRootEntry];
    if (content === undefined) {
      throw new SealiftError('OBJECT_NOT_FOUND', subject, `expected an entry ${trustedRootEntry}, got none`);
    }
    return { kind: 'given', content, subject: `${subject} ${trustedRootEntry}` };
  }
  return name === undefined ? defaultRoot : { kind: 'stored', name };
}
