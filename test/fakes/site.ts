import type { DesiredState, OciRepository } from '../../src/api/index.ts';
import type { KubernetesObject } from '../../src/core/index.ts';
import { parseConfiguration } from '../../src/site/index.ts';

/** A configuration from YAML, as an operator writes it. */
export function siteOf(text: string): DesiredState {
  return parseConfiguration([{ path: 'site.yaml', text }]);
}

export function sourceYaml(name: string, spec = ''): string {
  return `---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: ${name}, namespace: edge}
spec:
  url: oci://registry.example/${name}
  interval: 1m
${spec}
`;
}

export function deliveryYaml(name: string, source: string, spec = ''): string {
  return `---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ${name}, namespace: edge}
spec:
  interval: 10m
  prune: true
  sourceRef: {kind: OCIRepository, name: ${source}}
${spec}
`;
}

export function onlySource({ sources: [source] }: DesiredState): OciRepository {
  if (source === undefined) throw new Error('no source in this configuration');
  return source;
}

export function configMap(name: string, data: Readonly<Record<string, string>> = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data };
}
