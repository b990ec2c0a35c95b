import { formatRef, type KubernetesObject, refOf } from '../../core/index.ts';
import { isDecryptionDisabled } from '../decryption/decryption-disabled.ts';
import { formatOfContent } from '../decryption/sops-format.ts';
import { isEncryptedValue } from '../decryption/value-cipher.ts';
import type { BuiltObject } from '../objects/built-object.ts';
import type { Faults } from '../objects/faults.ts';
import { type JsonObject, type JsonValue, type Path, pointer } from '../yaml/json-value.ts';

/** How SOPS begins an encrypted value: https://getsops.io/docs/ */
const cipherMark = 'ENC[AES256_GCM,';

/** The place of a value that nothing but SOPS writes. */
function encryptedPlace(value: JsonValue): Path | undefined {
  if (typeof value === 'string')
    return value.includes(cipherMark) && isEncryptedValue(value.trim()) ? [] : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key of Object.keys(value)) {
    const found = encryptedPlace((value as JsonObject)[key] ?? null);
    if (found !== undefined) return [key, ...found];
  }
  return undefined;
}

function texts(map: unknown, encoding: 'base64' | 'utf8'): readonly (readonly [string, string])[] {
  if (typeof map !== 'object' || map === null) return [];
  return Object.entries(map)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    .map(([key, value]) => [key, Buffer.from(value, encoding).toString('latin1')]);
}

/** A Secret that speaks of encrypted values holds them; a ConfigMap may be about them, but not be an encrypted file. */
function encryptedKey(object: KubernetesObject): string | undefined {
  if (object.apiVersion !== 'v1') return undefined;
  const plain = texts(object['data'], 'utf8');
  if (object.kind === 'ConfigMap') {
    const all = [...plain, ...texts(object['binaryData'], 'base64')];
    return all.find(([, value]) => formatOfContent(value) !== undefined)?.[0];
  }
  if (object.kind !== 'Secret') return undefined;
  const all = [...plain, ...texts(object['stringData'], 'utf8'), ...texts(object['data'], 'base64')];
  return all.find(([, value]) => value.includes(cipherMark))?.[0];
}

/** A first look by what V8 does itself: our own, through all values, takes several times as long and hardly ever finds anything. */
function mayHoldMark(object: KubernetesObject): boolean {
  try {
    return JSON.stringify(object).includes(cipherMark);
  } catch (thrown) {
    // A whole number beyond 2^53 has no JSON of that kind.
    if (thrown instanceof TypeError) return true;
    throw thrown;
  }
}

function encryptionFault(object: KubernetesObject): string | undefined {
  const { sops } = object as unknown as Readonly<Record<string, JsonValue | undefined>>;
  if (sops !== undefined) return 'is encrypted with SOPS (it has a sops field)';
  const key = encryptedKey(object);
  if (key !== undefined) return `the value of ${key} is encrypted with SOPS`;
  const place = mayHoldMark(object) ? encryptedPlace(object as unknown as JsonValue) : undefined;
  return place === undefined ? undefined : `the value at ${pointer(place)} is encrypted with SOPS`;
}

/** Ciphertext must not be delivered as if it were the secret. */
export function refuseEncrypted(objects: readonly BuiltObject[], faults: Faults): void {
  for (const { object, place } of objects) {
    const fault = isDecryptionDisabled(object.metadata.annotations) ? undefined : encryptionFault(object);
    if (fault === undefined) continue;
    faults.add('OBJECT_ENCRYPTED', place, `${formatRef(refOf(object))}: ${fault}`);
  }
}
