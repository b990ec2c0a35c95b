import type { Descriptor, ReadStore, Store } from 'oci-client-ts';
import { asRegistryError } from '../../api/index.ts';
import { anyAuthority } from '../policy/requirement.ts';
import { allHold } from '../policy/verdict.ts';
import type { Authority } from '../proof/authority.ts';
import type { PublicKey } from '../proof/public-key.ts';
import { bundleReferrer, type SignatureContents } from '../signing/bundle-referrer.ts';
import type { BundleSigner, SignedBundle } from '../signing/bundle-signer.ts';
import type { SignedStatement } from '../signing/signed-statement.ts';
import { gatherFindings } from './gather.ts';

export interface StatementRequest {
  /** The manifest that the statement is about. */
  readonly subject: Descriptor;
  readonly statement: SignedStatement;
  readonly signer: BundleSigner;
  /** Unsigned; written to seconds. */
  readonly created: Date;
}

export interface AttachedStatement extends Omit<SignedBundle, 'bundle'> {
  /** Of the referrer that holds it. */
  readonly evidence: Descriptor;
}

/** Signs a statement and puts it beside its subject. @throws SealiftError REGISTRY_*, and what the signer throws. */
export async function attachStatement(
  store: Store,
  { subject, statement, signer, created }: StatementRequest,
  signal: AbortSignal,
): Promise<AttachedStatement> {
  const { bundle, ...signed } = await signer.sign(statement.payload);
  const { predicateType } = statement;
  const contents = bundleReferrer({ subject, bundle, predicateType, created });
  return { ...signed, evidence: await pushContents(store, contents, signal) };
}

async function pushContents(
  store: Store,
  { config, layer, manifest }: SignatureContents,
  signal: AbortSignal,
): Promise<Descriptor> {
  try {
    for (const { descriptor, content } of [config, layer, manifest]) {
      await store.push(descriptor, content, { signal });
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw asRegistryError(thrown, `signature ${manifest.descriptor.digest}`);
  }
  return manifest.descriptor;
}

/**
 * True when this key has a valid signature of this manifest attached as a bundle: signing again would only add a copy.
 * @throws SealiftError REGISTRY_* when that could not be found out.
 */
export async function isSignedBy(
  repository: ReadStore,
  manifest: Descriptor,
  key: PublicKey,
  signal: AbortSignal,
): Promise<boolean> {
  const authority: Authority = {
    kind: 'key',
    name: 'signer',
    keys: [{ key }],
    time: { logs: 0, timestamps: 0 },
  };
  const requirements = [anyAuthority('signer', [authority], ['bundle'])];
  // A key without window signs at any time.
  const question = { repository, subject: manifest, requirements, now: 0 };
  return allHold(requirements, await gatherFindings(question, signal), manifest.digest);
}
