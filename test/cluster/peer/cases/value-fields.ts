import { ageKey, secretYamlFile } from '../../../fixtures/sops-files.ts';
import type { FieldCase } from '../field-case.ts';
import { configMap, here, namespace, told } from './objects.ts';

/** Fields that say with which values something is built: variables and keys. */
export const valueFields: readonly FieldCase[] = [
  {
    name: 'substitute',
    tree: {
      'objects.yaml': [
        configMap(
          'substitute-$' + '{which}',
          { text: 'is $' + '{value:=default}', other: '$' + '{absent:-none}' },
          here,
        ),
        configMap(
          'substitute-not',
          { text: '$' + '{value}' },
          { ...here, annotations: told({ substitute: 'disabled' }) },
        ),
      ],
    },
    deliveries: { substitute: { postBuild: { substitute: { which: 'a', value: 'given' } } } },
  },
  {
    name: 'substitute-from',
    tree: {
      'objects.yaml': [
        configMap('substitute-from', { all: '$' + '{first} $' + '{second} $' + '{third}' }, here),
      ],
    },
    given: () => [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'substitutes', ...here },
        data: { first: 'a', second: 'b', third: 'c' },
      },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'substitutes', ...here },
        data: { second: Buffer.from('secret').toString('base64') },
      },
    ],
    deliveries: {
      'substitute-from': {
        postBuild: {
          substitute: { third: 'inline' },
          substituteFrom: [
            { kind: 'ConfigMap', name: 'substitutes' },
            { kind: 'Secret', name: 'substitutes' },
            { kind: 'ConfigMap', name: 'substitutes-absent', optional: true },
          ],
        },
      },
    },
  },
  {
    name: 'substitute-always',
    tree: { 'objects.yaml': [configMap('substitute-always', { text: '$' + '{absent:=default}' }, here)] },
    deliveries: {
      'substitute-always': { postBuild: { substituteStrategy: 'Always' } },
    },
  },
  {
    name: 'substitute-with-variables',
    tree: {
      'objects.yaml': [configMap('substitute-with-variables', { text: '$' + '{absent:=default}' }, here)],
    },
    deliveries: {
      'substitute-with-variables': { postBuild: { substituteStrategy: 'WithVariables' } },
    },
  },
  {
    name: 'decryption',
    tree: { 'secret.yaml': secretYamlFile },
    given: () => [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'age', ...here },
        data: { 'age.agekey': Buffer.from(ageKey).toString('base64') },
      },
    ],
    kinds: ['v1/secrets'],
    deliveries: {
      decryption: {
        targetNamespace: namespace,
        decryption: { provider: 'sops', secretRef: { name: 'age' } },
      },
    },
  },
  {
    name: 'decryption-account',
    tree: { 'objects.yaml': [configMap('decryption-account', { a: '1' }, here)] },
    deliveries: {
      'decryption-account': { decryption: { provider: 'sops', serviceAccountName: 'nobody' } },
    },
  },
];
