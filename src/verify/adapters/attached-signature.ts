import type { Descriptor, ReadStore, Store } from 'oci-client-ts';
import { asRegistryError } from '../../api/index.ts';
import type { Requirement } from '../policy/authorities.ts';
import { allHold } from '../policy/verdict.ts';
import type { PublicKey } from '../proof/public-key.ts';
import { type SignRequest, signManifest } from '../signing/sign-manifest.ts';
import { gatherFindings } from './gather.ts';

/** Signs a manifest and puts the signature beside it. Answers with the signature's manifest. @throws SealiftError REGISTRY_*. */
export async function attachSignature(
  store: Store,
  request: SignRequest,
  signal: AbortSignal,
): Promise<Descriptor> {
  const { config, layer, manifest } = signManifest(request);
  try {
    for (const { descriptor, content } of [config, layer, manifest]) {
      await store.push(descriptor, content, { signal });
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw asRegistryError(thrown, `signature of ${request.manifest.digest}`);
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
  const requirement: Requirement = {
    name: 'signer',
    formats: ['bundle'],
    authorities: [{ kind: 'key', name: 'signer', keys: [{ key }], time: { logs: 0, timestamps: 0 } }],
  };
  const findings = await gatherFindings({ repository, subject: manifest }, [requirement], signal);
  return allHold([requirement], findings);
}
