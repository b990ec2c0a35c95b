import { describe, expect, it } from 'vitest';
import { type DesiredState, type Kustomization, siteObjectSchema } from '../../src/api/index.ts';
import { decryptedByGivenKeys, givenAgeKeys } from './given-age-keys.ts';

describe('age identities of whoever runs the command', () => {
  it.each([
    ['none', undefined, {}, undefined],
    [
      'those of the option alone',
      'a.txt',
      { SOPS_AGE_KEY_FILE: 'b', SOPS_AGE_KEY: 'c' },
      { ageKeyFile: 'a.txt' },
    ],
    ['a file', undefined, { SOPS_AGE_KEY_FILE: 'b' }, { ageKeyFile: 'b' }],
    ['a text', undefined, { SOPS_AGE_KEY: 'c' }, { ageKeys: { place: 'SOPS_AGE_KEY', text: 'c' } }],
    [
      'both, as sops takes them',
      undefined,
      { SOPS_AGE_KEY_FILE: 'b', SOPS_AGE_KEY: 'c' },
      { ageKeyFile: 'b', ageKeys: { place: 'SOPS_AGE_KEY', text: 'c' } },
    ],
    ['none, where variables are empty', undefined, { SOPS_AGE_KEY_FILE: '', SOPS_AGE_KEY: '' }, undefined],
  ])('are %s', (_what, option, environment, keys) => {
    expect(givenAgeKeys(option, environment)).toEqual(keys);
  });
});

describe('a delivery decrypts by the keys given', () => {
  const secret = siteObjectSchema.parse({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'keys', namespace: 'shop' },
  });
  const desired: DesiredState = {
    sources: [],
    deliveries: [],
    policies: [],
    configMaps: [],
    secrets: secret.kind === 'Secret' ? [secret] : [],
  };

  function deliveryWith(decryption: unknown): Kustomization {
    const delivery = siteObjectSchema.parse({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace: 'shop' },
      spec: { interval: '1m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' }, decryption },
    });
    if (delivery.kind !== 'Kustomization') throw new Error('expected a Kustomization');
    return delivery;
  }

  const by = (name: string): unknown => ({ provider: 'sops', secretRef: { name } });
  const plain = { provider: 'sops' };

  it.each([
    ['the Secret that it names counts alone, where it is given', by('keys'), false, by('keys')],
    ['where the Secret that it names is not given', by('other'), false, plain],
    ['where it names none', plain, false, plain],
    ['not where it does not decrypt', undefined, false, undefined],
    ['where there is no Kustomization at all', undefined, true, plain],
  ])('%s', (_what, decryption, without, expected) => {
    const { delivery } = decryptedByGivenKeys({ delivery: deliveryWith(decryption), desired }, without);
    expect(delivery.spec.decryption).toEqual(expected);
  });
});
