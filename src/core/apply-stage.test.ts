import { describe, expect, it } from 'vitest';
import { applyStageOf } from './index.ts';

describe('applyStageOf', () => {
  it.each([
    ['apiextensions.k8s.io', 'CustomResourceDefinition', 0],
    ['', 'Namespace', 0],
    ['rbac.authorization.k8s.io', 'ClusterRole', 0],
    ['storage.k8s.io', 'StorageClass', 1],
    ['gateway.networking.k8s.io', 'GatewayClass', 1],
    ['', 'ConfigMap', 2],
    ['apps', 'Deployment', 2],
    ['example.com', 'Namespace', 2],
    ['rbac.authorization.k8s.io', 'ClusterRoleBinding', 2],
    ['admissionregistration.k8s.io', 'MutatingWebhookConfiguration', 3],
    ['admissionregistration.k8s.io', 'ValidatingWebhookConfiguration', 3],
  ] as const)('puts %s/%s into stage %i', (group, kind, stage) => {
    expect(applyStageOf({ group, version: 'v1', kind, namespace: '', name: 'one' })).toBe(stage);
  });
});
