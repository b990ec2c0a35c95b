import { formatRef, type KubernetesObject, refOf } from '../core/index.ts';
import type { BuiltObject } from './built-object.ts';
import type { Faults } from './faults.ts';

/** How SOPS writes an encrypted value: https://getsops.io/docs/ */
const cipherMark = 'ENC[AES256_GCM,';

function texts(map: unknown): readonly (readonly [string, string])[] {
  if (typeof map !== 'object' || map === null) return [];
  return Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}

function encryptedKey(object: KubernetesObject): string | undefined {
  const plain = texts(object['stringData']);
  const decoded = texts(object['data']).flatMap(([key, value]) => {
    return [[key, value] as const, [key, Buffer.from(value, 'base64').toString('latin1')] as const];
  });
  return [...plain, ...decoded].find(([, value]) => value.includes(cipherMark))?.[0];
}

function encryptionFault(object: KubernetesObject): string | undefined {
  if (object['sops'] !== undefined) return 'is encrypted with SOPS (it has a sops field)';
  if (object.apiVersion !== 'v1' || object.kind !== 'Secret') return undefined;
  const key = encryptedKey(object);
  return key === undefined ? undefined : `the value of ${key} is encrypted with SOPS`;
}

/** Ciphertext must not be delivered as if it were the secret. */
export function refuseEncrypted(objects: readonly BuiltObject[], faults: Faults): void {
  for (const { object, place } of objects) {
    const fault = encryptionFault(object);
    if (fault === undefined) continue;
    const detail = `${formatRef(refOf(object))}: ${fault}; this version does not decrypt, deliver the Secret another way`;
    faults.add('OBJECT_INVALID', place, detail);
  }
}
