import { describe, expect, it } from 'vitest';
import type { LiveObject, ManagedFields } from '../client/client.ts';
import { holdsFieldsToTakeOver, takeOverSteps } from './take-over.ts';

const entry = (manager: string, operation: string, more: Partial<ManagedFields> = {}): ManagedFields => ({
  manager,
  operation,
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:data': { [`f:${manager}`]: {} } },
  ...more,
});

const live = (
  managedFields: readonly ManagedFields[],
  annotations: Readonly<Record<string, string>> = {},
): LiveObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'one', namespace: 'shop', uid: 'u', resourceVersion: '7', annotations, managedFields },
});

const ours = entry('kustomize-controller', 'Apply', { time: '2026-01-01T00:00:00Z' });

describe('fields of others', () => {
  it.each([
    ['kubectl', 'Apply', true],
    ['kubectl', 'Update', true],
    ['kubectl-edit', 'Update', true],
    ['kubectl-client-side-apply', 'Update', true],
    ['kubectl-last-applied', 'Apply', true],
    ['before-first-apply', 'Update', true],
    ['before-first-apply', 'Apply', false],
    ['kustomize-controller', 'Update', true],
    ['kustomize-controller', 'Apply', false],
    ['helm-controller', 'Apply', false],
    ['my-kubectl', 'Update', false],
    ['kube-controller-manager', 'Update', false],
  ])('of %s by %s: %j', (manager, operation, expected) => {
    const { metadata } = live([ours, entry(manager, operation)]);
    expect(holdsFieldsToTakeOver(metadata)).toBe(expected);
    expect(takeOverSteps(live([ours, entry(manager, operation)])).length > 0).toBe(expected);
  });

  it('of a subresource stay whose they are', () => {
    const scaled = entry('kubectl', 'Update', { subresource: 'scale' });
    expect(holdsFieldsToTakeOver(live([ours, scaled]).metadata)).toBe(false);
  });

  it('become ours in one entry, at one version of the object, and others keep theirs', () => {
    const nested = { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } };
    const before = [
      entry('helm-controller', 'Apply'),
      entry('kubectl-label', 'Update', { time: '2026-01-03T00:00:00Z', fieldsV1: nested }),
      entry('kubectl-scale', 'Update', { subresource: 'scale' }),
      { ...ours, fieldsV1: { 'f:metadata': { 'f:labels': { 'f:b': {} } } } },
    ];
    expect(takeOverSteps(live(before))).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      {
        op: 'replace',
        path: '/metadata/managedFields',
        value: [
          {
            ...ours,
            time: '2026-01-03T00:00:00Z',
            fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {}, 'f:b': {} } } },
          },
          before[0],
          before[2],
        ],
      },
    ]);
  });

  it('go with the annotations that kubectl leaves', () => {
    const last = 'kubectl.kubernetes.io/last-applied-configuration';
    const steps = takeOverSteps(live([entry('kubectl', 'Update')], { [last]: '{}', mine: 'x' }));
    expect(steps.at(-1)).toEqual({
      op: 'remove',
      path: '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration',
    });
    expect(steps).toHaveLength(3);
  });
});
