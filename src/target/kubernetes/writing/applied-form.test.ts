import { describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../../test/fixtures/certificate-maker.ts';
import { certificatePem } from '../../../../test/fixtures/offline-bundles.ts';
import type { KubernetesObject } from '../../../core/index.ts';
import { appliedForm } from './applied-form.ts';

const metadata = { name: 'one', namespace: 'shop', labels: { a: 'b' } };
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } };
const secret = { apiVersion: 'v1', kind: 'Secret', metadata };
const authority = certificatePem((await makeAuthority('authority.test')).der);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const service = { name: 'converter', namespace: 'shop' };

function converting(clientConfig: object): KubernetesObject {
  const webhook = { clientConfig, conversionReviewVersions: ['v1'] };
  const spec = { group: 'shop.test', conversion: { strategy: 'Webhook', webhook } };
  const apiVersion = 'apiextensions.k8s.io/v1';
  return { apiVersion, kind: 'CustomResourceDefinition', metadata: { name: 'things.shop.test' }, spec };
}

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
    const definition = {
      ...configMap,
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      status: { conditions: [] },
    };
    expect(appliedForm(definition)).toEqual(definition);
  });

  it.each([
    ['no certificate', 'Cg=='],
    ['no base64', '${CA_BUNDLE}'],
    ['a broken certificate', base64('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')],
  ])('leaves out certificates of a conversion that hold %s', (_, caBundle) => {
    expect(appliedForm(converting({ caBundle, service }))).toEqual(converting({ service }));
  });

  it.each([
    ['a certificate', base64(`# of the cluster\n${authority}`)],
    ['nothing', ''],
  ])('keeps certificates of a conversion that hold %s', (_, caBundle) => {
    expect(appliedForm(converting({ caBundle, service }))).toEqual(converting({ caBundle, service }));
  });

  it('keeps the certificates of anything else', () => {
    const other = { ...converting({ caBundle: 'Cg==' }), kind: 'Other' };
    expect(appliedForm(other)).toEqual(other);
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
