import { describe, expect, it } from 'vitest';
import { appliedForm } from './applied-form.ts';

const metadata = { name: 'one', namespace: 'shop', labels: { a: 'b' } };
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } };
const secret = { apiVersion: 'v1', kind: 'Secret', metadata };

describe('the form in which an object is applied', () => {
  it('is the object where there is nothing of the server in it', () => {
    expect(appliedForm(configMap)).toEqual(configMap);
  });

  it('leaves out what only the server sets', () => {
    const own = { creationTimestamp: null, uid: 'u', resourceVersion: '1', generation: 1, managedFields: [] };
    const exported = { ...configMap, metadata: { ...metadata, ...own }, status: { ready: true } };
    expect(appliedForm(exported)).toEqual(configMap);
  });

  it('keeps the status of a definition', () => {
    const definition = { ...configMap, kind: 'CustomResourceDefinition', status: { conditions: [] } };
    expect(appliedForm(definition)).toEqual(definition);
  });

  it.each([
    ['as data', { stringData: { a: 'ä' } }, { data: { a: 'w6Q=' } }],
    [
      'over data',
      { data: { a: 'eA==', b: 'eQ==' }, stringData: { a: 'z' } },
      { data: { a: 'eg==', b: 'eQ==' } },
    ],
    ['as it is where it is no map of texts', { stringData: { a: 1 } }, { stringData: { a: 1 } }],
    [
      'as it is beside data that are none',
      { data: [], stringData: { a: 'z' } },
      { data: [], stringData: { a: 'z' } },
    ],
  ])('has stringData of a Secret %s', (_, given, expected) => {
    expect(appliedForm({ ...secret, ...given })).toEqual({ ...secret, ...expected });
  });

  it('has stringData of other kinds as they are', () => {
    expect(appliedForm({ ...configMap, stringData: { a: 'b' } })).toHaveProperty('stringData');
  });
});
