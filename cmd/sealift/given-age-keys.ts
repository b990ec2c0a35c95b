import { findNamed, type Kustomization } from '../../src/api/index.ts';
import type { DecryptionSettings } from '../../src/build/index.ts';
import type { BuildInput } from './build-input.ts';

export type AgeKeys = Pick<DecryptionSettings, 'ageKeyFile' | 'ageKeys'>;

/** The age identities of whoever runs the command: those of the option, or else those that sops takes: https://getsops.io/docs/#encrypting-using-age */
export function givenAgeKeys(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): AgeKeys | undefined {
  if (file !== undefined) return { ageKeyFile: file };
  const { SOPS_AGE_KEY_FILE: ageKeyFile = '', SOPS_AGE_KEY: text = '' } = environment;
  if (ageKeyFile === '' && text === '') return undefined;
  return {
    ...(ageKeyFile === '' ? {} : { ageKeyFile }),
    ...(text === '' ? {} : { ageKeys: { place: 'SOPS_AGE_KEY', text } }),
  };
}

function decryptionOf(
  { delivery, desired }: BuildInput,
  without: boolean,
): Kustomization['spec']['decryption'] {
  const { decryption } = delivery.spec;
  if (decryption === undefined) return without ? { provider: 'sops' } : undefined;
  const { secretRef, ...rest } = decryption;
  const there =
    secretRef !== undefined &&
    findNamed(desired.secrets, delivery.metadata.namespace, secretRef.name) !== undefined;
  return there ? decryption : rest;
}

/**
 * Has the keys that are given serve where a site would take those of a Secret that is not at hand: the Secret with the keys
 * seldom stands beside what it opens. `without`: decrypt although no Kustomization says so.
 */
export function decryptedByGivenKeys(input: BuildInput, without: boolean): BuildInput {
  const decryption = decryptionOf(input, without);
  if (decryption === undefined) return input;
  const { delivery } = input;
  return { ...input, delivery: { ...delivery, spec: { ...delivery.spec, decryption } } };
}
