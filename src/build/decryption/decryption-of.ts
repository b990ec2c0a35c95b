import { type DesiredState, deliveryText, type Kustomization, requireSecret } from '../../api/index.ts';
import { Decryption } from './decryption.ts';
import { type KeyMaterial, type KeyText, noKeys, readKeyMaterial } from './key-material.ts';
import type { SopsProgram } from './sops-program.ts';

export interface DecryptionPorts {
  readonly sops: SopsProgram;
  /** Age identities of the site, for deliveries that name no Secret. */
  siteAgeKeys(): Promise<readonly KeyText[]>;
}

export interface DecryptionRequest {
  readonly delivery: Kustomization;
  readonly desired: DesiredState;
}

/** A Secret that is named counts alone, as in Flux. */
async function keysOf(
  { delivery, desired }: DecryptionRequest,
  ports: DecryptionPorts,
): Promise<{ readonly material: KeyMaterial; readonly origin: string }> {
  const { namespace } = delivery.metadata;
  const name = delivery.spec.decryption?.secretRef?.name;
  const asking = deliveryText(delivery.metadata);
  if (name !== undefined) {
    const material = readKeyMaterial(requireSecret(desired, namespace, name));
    return { material, origin: `Secret/${namespace}/${name} of ${asking}` };
  }
  const age = await ports.siteAgeKeys();
  if (age.length > 0)
    return { material: { ...noKeys, age }, origin: age.map(({ place }) => place).join(' and ') };
  return {
    material: noKeys,
    origin: `${asking} names no Secret by spec.decryption.secretRef, and the site`,
  };
}

/** How a delivery is decrypted, with which keys; `undefined` for one that does not ask for it. @throws SealiftError */
export async function decryptionOf(
  request: DecryptionRequest,
  ports: DecryptionPorts,
  signal: AbortSignal,
): Promise<Decryption | undefined> {
  if (request.delivery.spec.decryption === undefined) return undefined;
  const keys = await keysOf(request, ports);
  return Decryption.create({ ...keys, program: ports.sops }, signal);
}
